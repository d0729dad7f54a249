"""Cells of text as typed values, by the rules that the training file was read by."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.table import ColumnKind
from automtl.data.text import parse_boolean, parse_category, parse_datetime, parse_number

Chunk: TypeAlias = dict[str, NDArray[Any]]  # some rows: by column, ``[n_rows]``

PARSERS: dict[ColumnKind, Callable[[str], Any]] = {
    ColumnKind.NUMERIC: parse_number,
    ColumnKind.BOOLEAN: parse_boolean,
    ColumnKind.DATETIME: parse_datetime,
    ColumnKind.CATEGORICAL: parse_category,
    ColumnKind.TEXT: parse_category,
}


class IndexedError(ValueError):
    """A value that cannot be understood, and which of several it is, counted from 0."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


def parse_all(texts: Sequence[str], kind: ColumnKind) -> NDArray[Any]:
    """
    Text as values of a kind.

    :raises IndexedError: At the first text that is not one.
    """
    parse = PARSERS[kind]
    values = []
    for index, text in enumerate(texts):
        try:
            values.append(parse(text))
        except ValueError as error:
            raise IndexedError(index, str(error)) from None
    return np.array(values, object if kind.is_strings else np.float64)
