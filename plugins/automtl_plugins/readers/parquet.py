"""Apache Parquet."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from automtl.core.reader import Reader, check_names, finished
from automtl.errors import DataError
from automtl.hookspecs import hookimpl


class Parquet(Reader):
    """
    A file of the `Parquet format <https://parquet.apache.org/docs/file-format/>`_.

    .. note::
        Values have types here, so a column that is asked for as text is written out as Arrow
        casts it: 1.5 as ``1.5``, a date as ``2024-02-29``.
    """

    name: ClassVar[str] = "parquet"
    citation: ClassVar[str] = "https://parquet.apache.org/docs/file-format/"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    def columns(self, path: Path) -> list[str]:
        with _opened(path) as file:
            names: list[str] = file.schema_arrow.names
        check_names(path, names)
        return names

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        self.columns(path)
        with _opened(path) as file:
            table = file.read()
        return finished(path, table, text)


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    try:
        with ParquetFile(path, memory_map=True) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: is not a Parquet file that can be read: {str(error).rstrip('.')}. "
            "Write it again, or name another file."
        ) from None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Parquet]
