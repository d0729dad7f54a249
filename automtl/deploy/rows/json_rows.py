"""The rows of a file of JSON lines to predict from; needs only the standard library and numpy."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from numpy.typing import NDArray

from automtl.deploy.rows.cells import Chunk, IndexedError, parse_all
from automtl.deploy.rows.csv_rows import opened
from automtl.deploy.schema import Input
from automtl.errors import DataError

Record: TypeAlias = tuple[int, dict[str, str | bool | None]]  # a row, and the line that it is on

SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


def column_names(path: Path) -> list[str]:
    """
    The keys that the lines have; all of them are read for it, as any line may have others.

    :raises DataError: If a line is not one JSON object of plain values.
    """
    names: dict[str, None] = {}
    with opened(path) as (text, _):
        for _, record in _records(path, text):
            names |= dict.fromkeys(record)
    return list(names)


def read_chunks(path: Path, inputs: Sequence[Input], size: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, at most ``size`` rows at a time. Where a line lacks a key, the value is
    missing.

    :raises DataError: If a line is not one JSON object of plain values, or a value is not of its
        column's kind. The message begins with ``file:line``.
    """
    with opened(path) as (text, share):
        records = _records(path, text)
        while block := list(islice(records, size)):
            columns = {column.name: _cells(path, column, block) for column in inputs}
            yield Chunk(columns, share())


def _cells(path: Path, column: Input, block: list[Record]) -> NDArray[Any]:
    words = ("false", "true") if column.kind.is_strings else ("0", "1")
    values = (record.get(column.name) for _, record in block)
    texts = [words[v] if isinstance(v, bool) else v or "" for v in values]
    try:
        return parse_all(texts, column.kind)
    except IndexedError as error:
        line = block[error.index][0]
        raise DataError(
            f"{path}:{line}: column '{column.name}': {error}. Mend the value or make it null."
        ) from None


def _records(path: Path, text: TextIO) -> Iterator[Record]:
    """The rows; numbers stay as they are written, and empty lines are skipped."""
    decoder = json.JSONDecoder(
        parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_unrepeated
    )
    for line, row in enumerate(text, start=1):
        if row.strip():
            try:
                yield line, _plain(decoder.decode(row))
            except json.JSONDecodeError as error:
                where = f"{error.msg} at character {error.pos + 1}"
                raise _wrong(path, line, f"one JSON object, but is no JSON: {where}") from None
            except UnicodeEncodeError:
                raise _wrong(path, line, "text, but holds half of a character") from None
            except RecursionError:
                raise _wrong(path, line, "one JSON object, not nested") from None
            except _Misfit as error:
                raise _wrong(path, line, str(error)) from None


class _Misfit(Exception):
    """A line is JSON, but no row; says what it must be."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise _Misfit("one JSON object, each key once, but a key is repeated")
    return record


def _plain(record: Any) -> dict[str, str | bool | None]:
    if not isinstance(record, dict):
        raise _Misfit('one JSON object, such as {"a": 1}')
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise _Misfit(f"numbers, text, true, false and null alone, but '{name}' is not one")
        f"{name}{value}".encode()  # half of a surrogate pair is legal JSON, but not text
    return record


def _wrong(path: Path, line: int, rule: str) -> DataError:
    return DataError(f"{path}:{line}: must be {rule}.")
