"""The rows of an ARFF file."""

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from automtl.core.runs import as_runs
from automtl.errors import DataError
from automtl_plugins.readers._arff_header import QUOTED, Attribute, Kind, decoded, unquoted

Entry: TypeAlias = tuple[int, str | None]  # a column's number and what it holds

_MISSING = "?"
_INTRICATE = re.compile(rb"['\"\t{]")  # what a reader of plain CSV would not understand
_COMMENT = re.compile(rb"(?m)^[ ]*%[^\r\n]*")
_SPACES = re.compile(rb" +(?=[,\r\n]|\Z)|(?:(?<=[,\r\n])|\A) +")
_CELL = re.compile(rf"({QUOTED}|[^'\",\t][^,\t]*?|)(?:[ \t]*([,\t])[ \t]*|[ \t]*$)")
_PLAIN = re.compile(r"\d+ [^\s,'\"]+(?:, ?\d+ [^\s,'\"]+)*")  # entries, most of all files
_SPARSE = re.compile(rf"\s*(\d+)\s+({QUOTED}|[^'\",\s][^,]*?)\s*(?:(,)|$)")
MOSTLY = 0.1  # share of the rows that mention a column, below which it is held as runs
_BLOCK = 1 << 24  # bytes; a row must fit into it


def numbered_rows(path: Path, body: bytes, above: int) -> Iterator[tuple[int, str]]:
    """Each row as it is written, with its line; ``above`` lines stand above the body."""
    lines = decoded(path, body, above).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=above + 1):
        row = line.strip()
        if row and not row.startswith("%"):
            yield number, row


def read_plain(
    body: bytes, attributes: Sequence[Attribute], text: Collection[str]
) -> pa.Table | None:
    """
    All rows at once, if none is sparse, nothing is quoted and nothing is wrong; None otherwise,
    and then `read_rows` has to read them or to say what is wrong.
    """
    if _INTRICATE.search(body):
        return None
    plain = _COMMENT.sub(b"", body) if b"%" in body else body
    plain = _SPACES.sub(b"", plain) if b" " in plain else plain
    words = {a.name for a in attributes if a.kind != Kind.NUMERIC or a.name in text}
    types = {a.name: pa.string() if a.name in words else pa.float64() for a in attributes}
    try:
        table = read_csv(
            pa.BufferReader(plain),
            ReadOptions(column_names=list(types), use_threads=False, block_size=_BLOCK),
            ParseOptions(quote_char=False),
            ConvertOptions(column_types=types, null_values=[_MISSING], strings_can_be_null=True),
        )
        columns = [_values(attribute, table[attribute.name], text) for attribute in attributes]
    except (pa.ArrowInvalid, ValueError):
        return None
    return pa.table(columns, names=list(types))


def read_rows(
    path: Path, body: bytes, above: int, attributes: Sequence[Attribute], text: Collection[str]
) -> pa.Table:
    """
    Reads row by row, dense or sparse. A column that few rows mention is held as runs.

    :raises DataError: If a row is wrong; the message says its line.
    """
    words: list[str | None] = []
    places, counts, lines = array("i"), array("i"), array("q")
    known: dict[str | None, str | None] = {}  # equal words are in memory once
    for line, row in numbered_rows(path, body, above):
        before = len(words)
        for column, word in _entries(f"{path}:{line}", row, len(attributes)):
            places.append(column)
            words.append(known.setdefault(word, word))
        counts.append(len(words) - before)
        lines.append(line)
    columns = np.frombuffer(places, np.int32)
    rows = np.repeat(np.arange(len(lines), dtype=np.int32), np.frombuffer(counts, np.int32))
    order = np.argsort(columns, kind="stable")
    starts = np.searchsorted(columns[order], np.arange(len(attributes) + 1))
    found = pa.array(words, pa.string())
    table = {}
    for number, attribute in enumerate(attributes):
        own = order[starts[number] : starts[number + 1]]
        given = _Given(rows[own], found.take(pa.array(own)), len(lines))
        try:
            table[attribute.name] = given.column(attribute, text)
        except (pa.ArrowInvalid, ValueError):
            raise given.misfit(path, lines, attribute) from None
    return pa.table(table)


@dataclass(frozen=True)
class _Given:
    """
    What rows say of a column.

    :param rows: Those that say anything, ascending, ``[n]``.
    :param words: What they say, ``[n]``.
    """

    rows: NDArray[np.int32]
    words: pa.Array
    n_rows: int

    def column(self, attribute: Attribute, text: Collection[str]) -> pa.Array | pa.ChunkedArray:
        """
        The column, as runs if few rows are given and it is not wanted as text.

        :raises ValueError: If a word does not fit; `pyarrow.ArrowInvalid` is one.
        """
        absent = pa.array([attribute.absent], pa.string())
        words = pa.chunked_array([pa.concat_arrays([self.words, absent])])
        values = _values(attribute, words, text)
        if len(self.rows) < MOSTLY * self.n_rows and attribute.name not in text:
            return as_runs(self.rows, values, self.n_rows)
        which = np.full(self.n_rows, len(self.rows))
        which[self.rows] = np.arange(len(self.rows))
        return values.take(pa.array(which))

    def misfit(self, path: Path, lines: Sequence[int], attribute: Attribute) -> DataError:
        """The error of the first word that does not fit the column."""
        words = self.words.to_pylist()
        first = next(place for place, word in enumerate(words) if not _fits(attribute, word))
        rule = {
            Kind.NUMERIC: "must be a number",
            Kind.NOMINAL: f"must be one of {list(attribute.levels)}",
            Kind.DATE: f"must be a date such as {attribute.pattern}",
        }[attribute.kind]
        return DataError(
            f"{path}:{lines[self.rows[first]]}: column '{attribute.name}' {rule}, but got "
            f"'{words[first]}'. Mend the value, or write ? if it is missing."
        )


def _entries(place: str, row: str, n_columns: int) -> Iterable[Entry]:
    """What a row says, column by column."""
    if row.startswith("{"):
        return _sparse_entries(place, row, n_columns)
    return enumerate(_cells(place, row, n_columns))


def _cells(place: str, row: str, n_columns: int) -> list[str | None]:
    """The cells of a row in dense form."""
    cells: list[str | None] = []
    position, more = 0, ","
    while more:
        found = _CELL.match(row, position)
        if not found:
            raise DataError(f"{place}: quotes must be closed and end a cell: {row[position:][:40]}")
        if not found[1]:
            raise DataError(f"{place}: cell {len(cells) + 1} is empty. Write ? if it is missing.")
        cells.append(_word(found[1]))
        position, more = found.end(), found[2]
    if len(cells) != n_columns:
        weighted = str(cells[-1]).startswith("{")
        mend = "Remove the weights of rows in {}" if weighted else "Quote cells that contain a ','"
        raise DataError(
            f"{place}: must have {n_columns} cells, one for each @attribute, but has {len(cells)}. "
            f"{mend}."
        )
    return cells


def _sparse_entries(place: str, row: str, n_columns: int) -> Iterable[Entry]:
    """The cells of a row in sparse form, ``{3 1, 7 'x'}``."""
    if not row.endswith("}"):
        raise DataError(f"{place}: a sparse row must end with }}. Weights of rows are not read.")
    inside = row[1:-1].strip()
    return _plain_entries(inside, n_columns) or _careful_entries(place, inside, n_columns)


def _plain_entries(inside: str, n_columns: int) -> list[Entry] | None:
    """What `_careful_entries` gives, ten times faster; None where it is to look."""
    if not _PLAIN.fullmatch(inside):
        return None
    words = inside.replace(",", " ").split()
    columns = list(map(int, words[::2]))
    if max(columns) >= n_columns or len(set(columns)) < len(columns):
        return None
    return [
        (column, None if word == _MISSING else word)
        for column, word in zip(columns, words[1::2], strict=True)
    ]


def _careful_entries(place: str, inside: str, n_columns: int) -> Iterator[Entry]:
    position, more, seen = 0, bool(inside), set[int]()
    while more:
        found = _SPARSE.match(inside, position)
        if not found:
            raise DataError(
                f"{place}: a sparse row must be of pairs such as {{3 1, 7 'x'}}, "
                f"but has '{inside[position:].strip()[:40]}'."
            )
        column = int(found[1])
        if column >= n_columns or column in seen:
            reason = "is given twice" if column in seen else f"is not below {n_columns}"
            raise DataError(
                f"{place}: columns count from 0, but the number {column} {reason}. Correct it, or "
                f"add an @attribute for each column."
            )
        seen.add(column)
        yield column, _word(found[2])
        position, more = found.end(), bool(found[3])


def _word(written: str) -> str | None:
    return None if written == _MISSING else unquoted(written)


def _values(attribute: Attribute, words: pa.ChunkedArray, text: Collection[str]) -> pa.ChunkedArray:
    """
    The column as it is to be given.

    :raises ValueError: If a word does not fit; `pyarrow.ArrowInvalid` is one.
    """
    if attribute.kind == Kind.NUMERIC:
        numbers = words.cast(pa.float64())  # also to check what is wanted as text
        return words if attribute.name in text else numbers
    if attribute.kind == Kind.NOMINAL:
        unknown = set(pc.unique(words).drop_null().to_pylist()) - set(attribute.levels)
        if unknown:
            raise ValueError(f"{sorted(unknown)} are not among {attribute.levels}.")
    if attribute.kind == Kind.DATE:
        dates = _dates(attribute, words)
        return words if attribute.name in text else dates
    return words


def _dates(attribute: Attribute, words: pa.ChunkedArray) -> pa.ChunkedArray:
    distinct = pc.unique(words).drop_null().to_pylist()
    moments = {word: attribute.moment(word) for word in distinct}
    read = [None if word is None else moments[word] for word in words.to_pylist()]
    return pa.chunked_array([pa.array(read, pa.timestamp("ms", "UTC"))])


def _fits(attribute: Attribute, word: str | None) -> bool:
    try:
        _values(attribute, pa.chunked_array([pa.array([word], pa.string())]), ())
    except ValueError:
        return False
    return True
