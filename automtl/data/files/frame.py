"""Tables that are in memory already: data frames of pandas and polars, Arrow tables, arrays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.core.reader import Reader, check_names, finished
from automtl.core.runs import as_runs
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
    to columns, such as arrays. Names become text; the index of a pandas frame is left out. Of a
    matrix ``x``, an array or one of SciPy's sparse ones, the columns are ``x_0``, ``x_1``...
    Columns that are sparse, of a matrix or a frame, are held as runs.

    :raises DataError: If it is none of these, a column does not hold values of one type that can
        be in a table, or names are repeated.
    """
    if isinstance(frame, (pa.Table, pa.RecordBatch)):
        table = frame
    elif hasattr(frame, "to_arrow"):
        table = _through_arrow(frame)
    elif hasattr(frame, "items") and not is_sparse_matrix(frame):
        table = _assembled([pair for name, given in frame.items() for pair in _named(name, given)])
    else:
        raise DataError(
            f"{FRAME}: must be a data frame of pandas or polars, an Arrow table or a mapping of "
            f"names to columns, but is a {type(frame).__name__}.{_mend(frame)}"
        )
    check_names(FRAME, table.column_names)
    return pa.table(table)


def _mend(other: Any) -> str:
    """What makes a frame of something else."""
    if is_sparse_matrix(other):
        return " Name it: {'x': matrix, 'label': labels}."
    return " Collect it: frame.collect()." if hasattr(other, "collect") else ""


def _through_arrow(frame: Any) -> Any:
    try:
        return frame.to_arrow()
    except pa.ArrowException as error:
        names = list(getattr(frame, "columns", []))
        if len(names) > 1:  # which one is it?
            return pa.table({name: _through_arrow(frame[[name]])[name] for name in names})
        raise DataError(
            f"{FRAME}, column '{''.join(names)}': must hold values of a type that Arrow has, but "
            f"holds others: {error}. Convert it, to text or to 64-bit numbers say."
        ) from None


def _assembled(columns: Sequence[tuple[str, Any]]) -> pa.Table:
    names = [name for name, _ in columns]
    arrays = [_array(name, values) for name, values in columns]
    if len({len(array) for array in arrays}) > 1:
        rows = {name: len(array) for name, array in zip(names, arrays, strict=True)}
        raise DataError(f"{FRAME}: all columns must have as many rows, but they have {rows}.")
    return pa.table(arrays, names=names)


def is_sparse_matrix(values: Any) -> bool:
    """Whether it is one of SciPy's, in whatever format."""
    return hasattr(values, "tocsc")


def matrix_columns(matrix: Any) -> list[Any]:
    """The columns of an array or a sparse matrix ``[n_rows, n_columns]``; runs if it is sparse."""
    if not is_sparse_matrix(matrix):
        return list(np.asarray(matrix).T)
    matrix = matrix.tocsc(copy=True)
    matrix.sum_duplicates()  # and sorts the rows of a column
    ends = matrix.indptr.tolist()
    spans = [slice(*pair) for pair in pairwise(ends)]
    return [_runs(matrix.indices[s], matrix.data[s], 0, matrix.shape[0]) for s in spans]


def _named(name: Any, values: Any) -> list[tuple[str, Any]]:
    """A column and its name, or all columns of a matrix and theirs."""
    if not (is_sparse_matrix(values) or (isinstance(values, np.ndarray) and values.ndim == 2)):
        return [(str(name), values)]
    return [(f"{name}_{number}", own) for number, own in enumerate(matrix_columns(values))]


def _runs(rows: NDArray[Any], values: NDArray[Any], rest: Any, n_rows: int) -> pa.Array:
    """A column of ``rest`` but for the values of a few rows."""
    every = np.append(values, np.asarray(rest).astype(values.dtype))
    return as_runs(rows.astype(np.int64), pa.array(every, from_pandas=True), n_rows)


def _array(name: str, values: Any) -> pa.Array | pa.ChunkedArray:
    try:
        if (sparse := getattr(values, "sparse", None)) is not None:  # a series of pandas
            rows = values.array.sp_index.to_int_index().indices
            return _runs(rows, sparse.sp_values, sparse.fill_value, len(values))
        array = pa.array(values, from_pandas=True)  # NaN is missing
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{FRAME}, column '{name}': must be a sequence of values of one type, but is none: "
            f"{error}. Convert it, to text say, or split it into several columns."
        ) from None
    except OverflowError:
        raise DataError(
            f"{FRAME}, column '{name}': integers must fit into 64 bits, but some do not. Convert "
            f"it: to float if they are quantities, to text if they are names."
        ) from None
    if pa.types.is_struct(array.type):
        raise DataError(
            f"{FRAME}, column '{name}': must hold text, numbers, booleans or dates, but holds "
            f"dictionaries. Make a column of each of their entries, or leave it out."
        )
    if pa.types.is_dictionary(array.type) and not _is_simple(array.type.value_type):
        raise DataError(
            f"{FRAME}, column '{name}': categories must be text, numbers, booleans or dates, but "
            f"are {array.type.value_type}. Convert it to text, by .astype(str) say."
        )
    return array


def _is_simple(kind: pa.DataType) -> bool:
    """Whether values are what the categories of a column may be."""
    types = pa.types
    return not (
        types.is_nested(kind)
        or types.is_duration(kind)
        or types.is_time(kind)
        or isinstance(kind, pa.BaseExtensionType)
    )
