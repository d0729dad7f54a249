"""Tables that are in memory already: data frames of pandas and polars, Arrow tables, arrays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from automtl.core.reader import Reader, check_names, finished
from automtl.errors import DataError

FRAME = Path("data frame")  # what stands in messages where a file would be named


@dataclass(frozen=True)
class FrameReader(Reader):
    """Gives a table that is in memory, whatever the path."""

    name: ClassVar[str] = "frame"
    citation: ClassVar[str] = "https://arrow.apache.org/docs/python/generated/pyarrow.Table.html"
    suffixes: ClassVar[tuple[str, ...]] = ()

    table: pa.Table

    def columns(self, path: Path) -> list[str]:
        names: list[str] = self.table.column_names
        return names

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        return finished(path, self.table, text)


def to_table(frame: Any) -> pa.Table:
    """
    An Arrow table of a data frame of pandas or polars, of an Arrow table or of a mapping of names
    to columns, such as arrays. Names become text; the index of a pandas frame is left out.

    :raises DataError: If it is none of these, a column does not hold values of one type, or names
        are repeated.
    """
    if isinstance(frame, (pa.Table, pa.RecordBatch)):
        table = frame
    elif hasattr(frame, "to_arrow"):
        table = frame.to_arrow()
    elif hasattr(frame, "items"):
        table = _assembled([(str(name), values) for name, values in frame.items()])
    else:
        raise DataError(
            f"{FRAME}: must be a data frame of pandas or polars, an Arrow table or a mapping of "
            f"names to columns, but is a {type(frame).__name__}."
        )
    check_names(FRAME, table.column_names)
    return pa.table(table)


def _assembled(columns: Sequence[tuple[str, Any]]) -> pa.Table:
    names = [name for name, _ in columns]
    arrays = [_array(name, values) for name, values in columns]
    if len({len(array) for array in arrays}) > 1:
        rows = {name: len(array) for name, array in zip(names, arrays, strict=True)}
        raise DataError(f"{FRAME}: all columns must have as many rows, but they have {rows}.")
    return pa.table(arrays, names=names)


def _array(name: str, values: Any) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(values, from_pandas=True)  # NaN is missing
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{FRAME}, column '{name}': must be a sequence of values of one type, but is none: "
            f"{error}. Convert it, to text say, or split it into several columns."
        ) from None
