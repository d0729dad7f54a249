"""The rows of a Parquet file to predict from; needs pyarrow."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from automtl.deploy.rows.arrow_cells import typed_columns
from automtl.deploy.rows.cells import Chunk
from automtl.deploy.schema import Input
from automtl.errors import DataError


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
        n_rows = file.metadata.num_rows
        for batch in file.iter_batches(size, columns=[column.name for column in inputs]):
            end = start + batch.num_rows
            yield Chunk(typed_columns(path, inputs, batch, start), end / n_rows)
            start = end


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    try:
        with ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from None
