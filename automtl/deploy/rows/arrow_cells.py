"""Columns of Apache Arrow as typed values; needs pyarrow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.data.table import ColumnKind
from automtl.deploy.rows.cells import IndexedError, parse_all
from automtl.deploy.schema import Input
from automtl.errors import DataError

_SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def typed_columns(
    path: Path, inputs: Sequence[Input], batch: pa.RecordBatch, start: int
) -> dict[str, NDArray[Any]]:
    """
    The columns ``inputs`` of some rows.

    :param start: How many rows the file has before them.
    :raises DataError: If a value is not of its column's kind; the message names column and row.
    """
    return {i.name: _column(path, i, batch.column(i.name), start) for i in inputs}


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
