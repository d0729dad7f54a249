"""Feather, which is the file format of Apache Arrow."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pyarrow.ipc import RecordBatchFileReader, RecordBatchStreamReader, open_file, open_stream

from automtl.core.reader import Reader, check_names, finished
from automtl.errors import DataError
from automtl.hookspecs import hookimpl

_FILE = b"ARROW1"  # what the file format begins with; the stream format begins otherwise
_FIRST_VERSION = b"FEA1"


class Feather(Reader):
    """
    A file of the `Arrow IPC format
    <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>`_, which is version 2 of
    Feather, compressed or not; a stream of that format also. Version 1 of Feather is refused.

    .. note::
        Values have types here, so a column that is asked for as text is written out as Arrow
        casts it: 1.5 as ``1.5``, a date as ``2024-02-29``.
    """

    name: ClassVar[str] = "feather"
    citation: ClassVar[str] = "https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format"
    suffixes: ClassVar[tuple[str, ...]] = (".feather", ".arrow")

    def columns(self, path: Path) -> list[str]:
        with _opened(path) as file:
            names: list[str] = file.schema.names
        check_names(path, names)
        return names

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        self.columns(path)
        with _opened(path) as file:
            table = file.read_all()
        return finished(path, table, text)


@contextmanager
def _opened(path: Path) -> Iterator[RecordBatchFileReader | RecordBatchStreamReader]:
    try:
        with pa.OSFile(str(path)) as file:
            start = file.read(len(_FILE))
            if start.startswith(_FIRST_VERSION):
                raise DataError(
                    f"{path}: must be version 2 of Feather, but is version 1. Write it again with "
                    "`pandas.read_feather(...).to_feather(...)`."
                )
            file.seek(0)
            with open_file(file) if start == _FILE else open_stream(file) as reader:
                yield reader
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: is not a Feather file that can be read: {str(error).rstrip('.')}. "
            "Write it again, or name another file."
        ) from None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Feather]
