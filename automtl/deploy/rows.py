"""
The rows of a file to predict from, as typed columns, a chunk at a time.

Files are understood as they were for training, but by the standard library and numpy alone, and
by pyarrow where the file is Parquet.
"""

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from automtl.data.table import ColumnKind
from automtl.deploy import csv_rows
from automtl.deploy.cells import Chunk
from automtl.deploy.schema import Input
from automtl.errors import DataError

CHUNK = 10_000  # rows at a time
TEXT_CHUNK = 1_000  # if there is free text: words take much more memory than numbers
PARQUET = (".parquet", ".pq")


def column_names(path: Path) -> list[str]:
    """
    The names of a file's columns.

    :raises DataError: If there is no such file, or it is not a table.
    """
    if not path.is_file():
        reason = "is a folder, not a file" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {reason}.")
    names: list[str] = _format(path).column_names(path)
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"{path}: column names must be unique, but {repeated} are repeated. Rename them."
        )
    return names


def read_chunks(path: Path, inputs: Sequence[Input]) -> Iterator[Chunk]:
    """
    The columns ``inputs``, all of which the file has, in its order of rows. Numbers are doubles,
    with NaN where they are missing; categories are strings, empty where they are missing.

    :raises DataError: If a row is longer or shorter than the header, or a value is not of its
        column's kind; the message says where.
    """
    size = TEXT_CHUNK if any(i.kind == ColumnKind.TEXT for i in inputs) else CHUNK
    chunks: Iterator[Chunk] = _format(path).read_chunks(path, inputs, size)
    return chunks


def _format(path: Path) -> Any:
    """The module that reads files of a name like this."""
    name = path.name.lower()
    if name.endswith(csv_rows.SUFFIXES):
        return csv_rows
    if name.endswith(PARQUET):
        return importlib.import_module("automtl.deploy.parquet_rows")  # it needs pyarrow
    known = ", ".join((*csv_rows.SUFFIXES, *PARQUET))
    raise DataError(f"{path}: the name must end in one of {known}. Rename or convert the file.")
