"""Comma- or tab-separated text."""

import csv
import gzip
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, open_csv, read_csv

from automtl.core.reader import Reader, check_names
from automtl.errors import DataError
from automtl.hookspecs import hookimpl
from automtl_plugins.readers._text import check_text, is_zipped, not_utf8, unreadable

NULLS = ("", "?", "NA", "#NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None")
_WORDS = {",": "commas", "\t": "tabs", ";": "';'", "|": "'|'"}
_BLOCK, _SAMPLE = 1 << 20, 1 << 22  # bytes


class Csv(Reader):
    """
    Comma-separated values of `RFC 4180 <https://www.rfc-editor.org/rfc/rfc4180>`_ in UTF-8, with
    a header. A file called ``.tsv`` is separated by tabs, one called ``.gz`` compressed.

    .. note::
        Lines end in any way, empty lines are skipped, and a quoted cell is missing when it holds
        one of the words for missing values, just like an unquoted one. Times of day stay text.
    """

    name: ClassVar[str] = "csv"
    citation: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc4180"
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".csv.gz", ".tsv", ".tsv.gz")

    def columns(self, path: Path) -> list[str]:
        with _blaming(path):
            check_text(path)
            header = next((names for _, names in _records(path, "strict")), [])
        if not header:
            raise DataError(
                f"{path}: must begin with a line of column names, but is empty. Name another file."
            )
        _check_separated(path, header)
        check_names(path, header)
        return header

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        names = self.columns(path)
        with _blaming(path):
            if len(list(islice(_records(path), 2))) < 2:
                raise DataError(
                    f"{path}: must have rows, but has only the header {names}. "
                    "Name another file, or add rows."
                )
            table = _read(path, text)
        if any(pa.types.is_binary(kind) for kind in table.schema.types):
            raise not_utf8(path)
        return table

    def place(self, path: Path, row: int) -> str:
        line, _ = next(islice(_records(path), row + 1, None))
        return f"line {line}"


def _read(path: Path, text: Collection[str]) -> pa.Table:
    """
    Reads with the types that the first block suggests, and once more if a later block refutes
    them: pyarrow keeps the whole text in memory for as long as it is to infer a type.
    """
    quoted = is_zipped(path) or _has_quotes(path)
    parse = ParseOptions(delimiter=_delimiter(path), newlines_in_values=quoted)
    types = _suggested(path, text, parse)
    try:
        with _stream(path) as stream:
            return read_csv(stream, None, parse, _conversion(types), pa.system_memory_pool())
    except pa.ArrowInvalid as error:
        if "conversion error" not in str(error):
            raise
    return _read_inferring(path, text, parse)


def _suggested(path: Path, text: Collection[str], parse: ParseOptions) -> dict[str, pa.DataType]:
    options = ReadOptions(use_threads=False, block_size=_SAMPLE)
    conversion = _conversion(dict.fromkeys(text, pa.string()))
    with _stream(path) as stream, open_csv(stream, options, parse, conversion) as batches:
        return {field.name: _untimed(field.type) for field in batches.schema}


def _read_inferring(path: Path, text: Collection[str], parse: ParseOptions) -> pa.Table:
    types = dict.fromkeys(text, pa.string())
    with _stream(path) as stream:
        table = read_csv(stream, None, parse, _conversion(types))
    if not any(pa.types.is_time(kind) for kind in table.schema.types):
        return table
    types = {field.name: _untimed(field.type) for field in table.schema}
    with _stream(path) as stream:
        return read_csv(stream, None, parse, _conversion(types))


def _conversion(types: Mapping[str, pa.DataType]) -> ConvertOptions:
    return ConvertOptions(column_types=types, null_values=NULLS, strings_can_be_null=True)


def _untimed(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_time(kind) else kind


def _stream(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="gzip" if is_zipped(path) else None)


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as file:
        return any(b'"' in block for block in iter(lambda: file.read(_BLOCK), b""))


def _records(path: Path, errors: str = "replace") -> Iterator[tuple[int, list[str]]]:
    """The header and the rows that are not empty, each with the line that it begins on."""
    with _open(path, errors) as lines:
        reader = csv.reader(lines, delimiter=_delimiter(path))
        line = 1
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1


@contextmanager
def _open(path: Path, errors: str) -> Iterator[Iterable[str]]:
    opened = gzip.open if is_zipped(path) else open
    with opened(path, "rt", encoding="utf-8-sig", errors=errors, newline="") as lines:
        yield lines


def _delimiter(path: Path) -> str:
    return "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","


def _check_separated(path: Path, header: list[str]) -> None:
    """
    Makes sure that one name is not several with another separator between them.

    A file with another separator is not read: its numbers may be written 1,5, and whoever predicts
    from such files, with a service of their own say, would have to guess as we do.
    """
    if len(header) > 1:
        return
    wanted = _delimiter(path)
    found = max((mark for mark in ";,\t|" if mark != wanted), key=header[0].count)
    if found in header[0]:
        mends = {
            "\t": ", or let the name end in .tsv",
            ",": ", or let the name end in .csv",
            ";": ", and with points in numbers",
        }
        raise DataError(
            f"{path}: cells must be separated by {_WORDS[wanted]}, but here it seems to be by "
            f"{_WORDS[found]}. Save it with {_WORDS[wanted]}{mends.get(found, '')}."
        )


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Turns what reading raises into an error that names the file and the line."""
    try:
        yield
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
            raise not_utf8(path) from None
        raise _ragged(path) or DataError(f"{path}: is not CSV: {error}") from None
    except csv.Error as error:
        raise DataError(f"{path}: is not CSV: {error}. Mend that line.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None


def _ragged(path: Path) -> DataError | None:
    """The error of the first row that is longer or shorter than the header, if there is one."""
    records = _records(path)
    _, header = next(records)
    for line, record in records:
        if len(record) != len(header):
            return DataError(
                f"{path}:{line}: must have {len(header)} cells, as the header has, but has "
                f"{len(record)}. Quote cells that contain a {_delimiter(path)!r}."
            )
    return None


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [Csv]
