"""
The rows of a file to predict from, as typed columns, a chunk at a time.

Files are understood as they were for training, but by the standard library and numpy alone, and
by pyarrow where the file is Parquet or Feather. What else there is a reader for, it reads.
"""

import importlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from automtl.data.table import ColumnKind
from automtl.deploy.rows import csv_rows, json_rows
from automtl.deploy.rows.cells import Chunk
from automtl.deploy.schema import Input
from automtl.errors import DataError

CHUNK = 10_000  # rows at a time
TEXT_CHUNK = 1_000  # if there is free text: words take much more memory than numbers
CELLS = 1_000_000  # at a time, at most, if the file has very many columns
FORMATS = {
    csv_rows.SUFFIXES: "automtl.deploy.rows.csv_rows",
    json_rows.SUFFIXES: "automtl.deploy.rows.json_rows",
    (".parquet", ".pq"): "automtl.deploy.rows.parquet_rows",  # these two need pyarrow
    (".feather", ".arrow"): "automtl.deploy.rows.feather_rows",
}
OTHERS = "automtl.deploy.rows.reader_rows"  # needs all that training does


def column_names(path: Path) -> list[str]:
    """
    The names of a file's columns.

    :raises DataError: If there is no such file, or it is not a table.
    """
    if not path.is_file():
        reason = "is a folder, not a file" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {reason}.")
    names: list[str] = _format(path).column_names(path)
    if repeated := sorted(name for name, count in Counter(names).items() if count > 1):
        raise DataError(
            f"{path}: column names must be unique, but {repeated} are repeated. Rename them."
        )
    return names


def read_chunks(path: Path, inputs: Sequence[Input], n_columns: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, all of which the file has, in its order of rows.

    :param n_columns: How many columns the file has, which says how many rows are held at a time.
    :raises DataError: If a row is longer or shorter than the header, or a value is not of its
        column's kind; the message says where.
    """
    most = TEXT_CHUNK if any(i.kind == ColumnKind.TEXT for i in inputs) else CHUNK
    size = max(1, min(most, CELLS // n_columns))
    chunks: Iterator[Chunk] = _format(path).read_chunks(path, inputs, size)
    return chunks


def _format(path: Path) -> Any:
    """The module that reads files of a name like this."""
    for suffixes, module in FORMATS.items():
        if path.name.lower().endswith(suffixes):
            return importlib.import_module(module)
    return importlib.import_module(OTHERS)
