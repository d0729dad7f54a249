"""
Columns of a table that are mostly one value, held as runs of equal values.

This is Arrow's run-end encoding, https://arrow.apache.org/docs/format/Columnar.html. A column of
zeros with a few numbers takes memory for these alone.
"""

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column: TypeAlias = pa.Array | pa.ChunkedArray
Places: TypeAlias = NDArray[np.int64]


def is_runs(kind: pa.DataType) -> bool:
    """Whether values of this type are held as runs."""
    return bool(pa.types.is_run_end_encoded(kind))


def as_runs(rows: NDArray[Any], values: Column, n_rows: int) -> pa.RunEndEncodedArray:
    """
    A column that has one value in all rows but a few.

    :param rows: Those few, ascending, ``[n]``.
    :param values: Their values and, last of all, that of the others, ``[n + 1]``.
    """
    rest = len(values) - 1
    ends = np.append(np.column_stack([rows, rows + 1]).ravel(), n_rows)
    which = np.append(np.column_stack([np.full(rest, rest), np.arange(rest)]).ravel(), rest)
    kept = np.diff(ends, prepend=0) > 0
    chosen = values.take(pa.array(which[kept]))
    if isinstance(chosen, pa.ChunkedArray):
        chosen = chosen.combine_chunks()
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends[kept], pa.int32()), chosen)


def runs_of(column: Column) -> tuple[Places, pa.Array]:
    """
    The runs of a column that `is_runs`: where each ends, which is the row after its last one,
    and their values, ``[n_runs]``.
    """
    ends: list[Places] = [np.empty(0, np.int64)]
    values = [pa.array([], column.type.value_type)]
    before = 0
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        first, count = chunk.find_physical_offset(), chunk.find_physical_length()
        own = chunk.run_ends.to_numpy()[first : first + count].astype(np.int64) - chunk.offset
        ends.append(before + own.clip(max=len(chunk)))
        values.append(chunk.values.slice(first, count))
        before += len(chunk)
    return np.concatenate(ends), pa.concat_arrays(values)


def plain(column: Column) -> Column:
    """The column with a value for each row, however it is held."""
    return pc.run_end_decode(column) if is_runs(column.type) else column


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values, whether they are held as runs or not."""
    return kind.value_type if is_runs(kind) else kind


def taken(column: Column, rows: NDArray[Any]) -> Column:
    """The values of some rows, held as the column is."""
    found = plain(column).take(pa.array(rows))
    return pc.run_end_encode(found) if is_runs(column.type) else found
