"""The rows of a Feather file, which is the format of Apache Arrow, to predict from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow.ipc import RecordBatchFileReader, RecordBatchStreamReader, open_file, open_stream

from automtl.deploy.rows.arrow_cells import typed_columns
from automtl.deploy.rows.cells import Chunk
from automtl.deploy.schema import Input
from automtl.errors import DataError

_FILE = b"ARROW1"  # what the file format begins with; the stream format begins otherwise


def column_names(path: Path) -> list[str]:
    """
    The names of the columns.

    :raises DataError: If it is not a Feather file of version 2.
    """
    with _opened(path) as (_, reader):
        names: list[str] = reader.schema.names
    return names


def read_chunks(path: Path, inputs: Sequence[Input], size: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, at most ``size`` rows at a time. The file is mapped into memory; only
    if it is compressed, one of its batches is held at a time.

    :raises DataError: If a value is not of its column's kind.
    """
    start = 0
    with _opened(path) as (file, reader):
        for batch, share in _batches(file, reader):
            for offset in range(0, batch.num_rows, size):
                rows = batch.slice(offset, size)
                yield Chunk(typed_columns(path, inputs, rows, start), share)
                start += rows.num_rows


def _batches(
    file: pa.NativeFile, reader: RecordBatchFileReader | RecordBatchStreamReader
) -> Iterator[tuple[pa.RecordBatch, float]]:
    """The batches, each with how much of the file is read with it."""
    if isinstance(reader, RecordBatchFileReader):
        count = reader.num_record_batches
        yield from ((reader.get_batch(at), (at + 1) / count) for at in range(count))
    else:
        yield from ((batch, file.tell() / file.size()) for batch in reader)


@contextmanager
def _opened(
    path: Path,
) -> Iterator[tuple[pa.NativeFile, RecordBatchFileReader | RecordBatchStreamReader]]:
    try:
        with pa.memory_map(str(path)) as file:
            is_file = file.read(len(_FILE)) == _FILE
            file.seek(0)
            with open_file(file) if is_file else open_stream(file) as reader:
                yield file, reader
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: is not a Feather file (of version 2) that can be read: {error}"
        ) from None
