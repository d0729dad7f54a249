"""Apache Parquet."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from automtl.core.reader import Reader
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
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(
                f"{path}: column names must be unique, but {repeated} are repeated. Rename them."
            )
        return names

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        self.columns(path)
        with _opened(path) as file:
            table = file.read()
        if not table.num_rows:
            raise DataError(f"{path}: must have rows, but has none.")
        for name in text:
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, _text(path, name, table[name]))
        return table


@contextmanager
def _opened(path: Path) -> Iterator[ParquetFile]:
    try:
        with ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: is not a Parquet file that can be read: {error}") from None


def _text(path: Path, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise DataError(
            f"{path}: column '{name}' must hold text, numbers, booleans or dates, "
            f"but it holds {values.type}."
        ) from None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Parquet]
