"""The rows of a Parquet file to predict from; needs pyarrow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow.parquet import ParquetFile

from automtl.data.table import ColumnKind
from automtl.deploy.cells import Chunk, IndexedError, parse_all
from automtl.deploy.schema import Input
from automtl.errors import DataError

_SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def column_names(path: Path) -> list[str]:
    """
    The names of the columns.

    :raises DataError: If it is not a Parquet file.
    """
    with _opened(path) as file:
        names: list[str] = file.schema_arrow.names
    return names


def read_chunks(path: Path, inputs: Sequence[Input], size: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, at most ``size`` rows at a time.

    :raises DataError: If a value is not of its column's kind.
    """
    start = 0
    with _opened(path) as file:
        for batch in file.iter_batches(size, columns=[column.name for column in inputs]):
            yield {i.name: _column(path, i, batch.column(i.name), start) for i in inputs}
            start += batch.num_rows


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    try:
        with ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from None


def _column(path: Path, column: Input, values: pa.Array, start: int) -> NDArray[Any]:
    try:
        return _values(values, column.kind)
    except IndexedError as error:
        place = f"column '{column.name}', row {start + error.index + 1}"
        raise DataError(f"{path}: {place}: {error}. Mend the value or leave it empty.") from None
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise DataError(
            f"{path}: column '{column.name}' is {column.kind.value}, but holds {values.type}."
        ) from None


def _values(values: pa.Array, kind: ColumnKind) -> NDArray[Any]:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if kind.is_strings:
        values = values.cast(pa.string())
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return parse_all(values.fill_null("").to_pylist(), kind)
    return _numbers(values)


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    """Numbers, booleans and moments as floats."""
    kind, factor = values.type, 1
    if pa.types.is_date(kind):
        kind = pa.timestamp("s")
        values = values.cast(kind)
    if pa.types.is_timestamp(kind):
        values, factor = values.cast(pa.int64()), _SECONDS[kind.unit]
    floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False) / factor
    return np.where(np.isfinite(floats), floats, np.nan)
