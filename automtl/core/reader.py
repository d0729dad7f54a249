"""The reader: how a file becomes a table, and what all readers have in common."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from automtl.core.runs import plain
from automtl.errors import DataError


class Reader(ABC):
    """Abstract base class of the readers of tables."""

    name: ClassVar[str]  # how messages refer to it
    citation: ClassVar[str]  # URL of the format's definition
    suffixes: ClassVar[tuple[str, ...]]  # the endings of the files it reads, in lower case

    @abstractmethod
    def columns(self, path: Path) -> list[str]:
        """
        The names of the columns, without making a table of the rows.

        :raises DataError: If the file is not of this format. The message begins with its path.
        """

    @abstractmethod
    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        """
        Reads the whole file. A column that is mostly one value may be held as runs, see
        `automtl.core.runs`, unless it is wanted as text.

        :param text: Columns to be read as text, exactly as it is written.
        :raises DataError: If the file is not of this format. The message begins with its path.
        """

    def place(self, path: Path, row: int) -> str:
        """How messages refer to the row ``row``, counted from 0, of a file that was read."""
        return f"row {row + 1}"

    def labels(self, path: Path, labels_file: Path | None = None) -> list[str] | None:
        """
        The columns that are labels, if the file, or one that comes with it, says which; None if
        nothing says so.

        :param labels_file: A file to take them from, instead of one that is found by its name.
        :raises DataError: If the labels cannot be read or are no columns of the file, or if this
            format has no files of labels but one is given.
        """
        if labels_file is None:
            return None
        raise DataError(
            f"{labels_file}: a file of labels cannot go with {path}, because the {self.name} "
            "format has none. Leave it out and list the label columns as targets."
        )


def check_names(path: Path, names: Sequence[str]) -> None:
    """
    Checks that no two columns have the same name.

    :raises DataError: If two have.
    """
    if repeated := sorted(name for name, count in Counter(names).items() if count > 1):
        raise DataError(
            f"{path}: column names must be unique, but {repeated} are repeated. Rename them."
        )


def finished(path: Path, table: pa.Table, text: Collection[str]) -> pa.Table:
    """
    What a format whose values have types gives, as `Reader.read` gives it: the columns ``text``
    are written out as Arrow casts them, 1.5 as ``1.5`` and a date as ``2024-02-29``.

    :raises DataError: If there are no rows, or a column cannot be written out.
    """
    if not table.num_rows:
        raise DataError(f"{path}: must have rows, but has none. Name another, or add rows.")
    for place, field in enumerate(table.schema):
        if field.name in text or pa.types.is_string_view(field.type):
            values = _written_out(path, field.name, table.column(place))
            table = table.set_column(place, field.name, values)
    return table


def _written_out(path: Path, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return plain(values).cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise DataError(
            f"{path}: column '{name}' must hold text, numbers, booleans or dates, "
            f"but it holds {values.type}."
        ) from None
