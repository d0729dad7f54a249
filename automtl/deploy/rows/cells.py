"""Cells of text as typed values, by the rules that the training file was read by."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.data.features.text import (
    NULLS,
    parse_boolean,
    parse_category,
    parse_datetime,
    parse_number,
)
from automtl.data.table import ColumnKind

PARSERS: dict[ColumnKind, Callable[[str], Any]] = {
    ColumnKind.NUMERIC: parse_number,
    ColumnKind.BOOLEAN: parse_boolean,
    ColumnKind.DATETIME: parse_datetime,
    ColumnKind.CATEGORICAL: parse_category,
    ColumnKind.TEXT: parse_category,
}


@dataclass(frozen=True)
class Chunk:
    """
    Some rows of a file, one after another.

    :param columns: By name, ``[n_rows]``: doubles, NaN where they are missing, or strings, empty
        where they are missing.
    :param share: How much of the file is read with these rows, from 0 to 1.
    """

    columns: Mapping[str, NDArray[Any]]
    share: float

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))


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
    if kind.is_strings:
        return np.array(["" if text in NULLS else text for text in texts], object)
    if kind == ColumnKind.NUMERIC and (numbers := _plain_numbers(texts)) is not None:
        return numbers
    parse, parsed = PARSERS[kind], {}
    for text in dict.fromkeys(texts):  # each distinct one once, in their order
        try:
            parsed[text] = parse(text)
        except ValueError as error:
            raise IndexedError(texts.index(text), str(error)) from None
    return np.array([parsed[text] for text in texts], np.float64)


def _plain_numbers(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """
    What `parse_number` gives for each, ten times faster; None unless all are as numbers usually
    are. ``float`` also reads 1_000 and the digits of other scripts, and nothing else that
    `parse_number` refuses.
    """
    together = "".join(texts)
    if "_" in together or not together.isascii():
        return None
    try:
        numbers = np.array([math.nan if text in NULLS else float(text) for text in texts])
    except ValueError:
        return None
    return np.where(np.isfinite(numbers), numbers, np.nan)
