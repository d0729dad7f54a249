"""The rows of a CSV file to predict from; needs only the standard library and numpy."""

import csv
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeAlias, cast

from numpy.typing import NDArray

from automtl.deploy.rows.cells import Chunk, IndexedError, parse_all
from automtl.deploy.schema import Input
from automtl.errors import DataError

Record: TypeAlias = tuple[int, list[str]]  # a row's cells, and the line that it begins on

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


def column_names(path: Path) -> list[str]:
    """
    The names in the header.

    :raises DataError: If there is none.
    """
    with opened(path) as (text, _):
        _, names = next(_records(text, _delimiter(path)), (1, []))
    if not names:
        raise DataError(f"{path}: must begin with a line of column names, but is empty.")
    return names


def read_chunks(path: Path, inputs: Sequence[Input], size: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, at most ``size`` rows at a time.

    :raises DataError: If a row is longer or shorter than the header, or a value is not of its
        column's kind. The message begins with ``file:line``.
    """
    with opened(path) as (text, share):
        records = _records(text, _delimiter(path))
        _, header = next(records)
        while block := list(islice(records, size)):
            _check_lengths(path, header, block)
            columns = {i.name: _cells(path, i, header.index(i.name), block) for i in inputs}
            yield Chunk(columns, share())


@contextmanager
def opened(path: Path) -> Iterator[tuple[TextIO, Callable[[], float]]]:
    """
    The text in a file, decompressed if it is called ``.gz``, and what says how much of the file is
    read. What reading raises in the block becomes an error that names the file.
    """
    try:
        with path.open("rb") as file:
            raw = gzip.GzipFile(fileobj=file) if path.name.lower().endswith(".gz") else file
            with io.TextIOWrapper(cast(BinaryIO, raw), "utf-8-sig", newline="") as text:
                size = os.fstat(file.fileno()).st_size
                yield text, lambda: file.tell() / size
    except UnicodeDecodeError:
        mend = "must be UTF-8 text, but is not. Save it in that encoding."
        raise DataError(f"{path}: {mend}") from None
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _check_lengths(path: Path, header: list[str], block: list[Record]) -> None:
    for line, record in block:
        if len(record) != len(header):
            raise DataError(
                f"{path}:{line}: must have {len(header)} cells, as the header has, but has "
                f"{len(record)}. Quote cells that contain a {_delimiter(path)!r}."
            )


def _cells(path: Path, column: Input, place: int, block: list[Record]) -> NDArray[Any]:
    try:
        return parse_all([record[place] for _, record in block], column.kind)
    except IndexedError as error:
        line = block[error.index][0]
        raise DataError(
            f"{path}:{line}: column '{column.name}': {error}. Mend the value or leave it empty."
        ) from None


def _records(text: TextIO, delimiter: str) -> Iterator[Record]:
    """The header and the rows; empty lines are skipped, as they are for training."""
    reader = csv.reader(text, delimiter=delimiter)
    line = 1
    for record in reader:
        if record:
            yield line, record
        line = reader.line_num + 1


def _delimiter(path: Path) -> str:
    return "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","
