"""JSON lines."""

import gzip
import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeAlias

import pyarrow as pa

from automtl.core.reader import Reader
from automtl.errors import DataError
from automtl.hookspecs import hookimpl
from automtl_plugins.readers._text import check_text, is_zipped, not_utf8, unreadable


class _Number(str):
    """A number as it is written, so that 1.50 can stay 1.50."""

    __slots__ = ()


_ARRAY = "Of an array of rows, write each on a line of its own: jq -c '.[]'"

Value: TypeAlias = str | bool | None  # a number is a `_Number`


class JsonLines(Reader):
    """
    `JSON lines <https://jsonlines.org>`_ in UTF-8: one JSON object a line, each key a column.
    A key that a line lacks is missing there, and a file called ``.gz`` is compressed.

    .. note::
        Columns stand in the order in which their keys first appear. A column that holds values of
        several types is text. Empty lines are skipped, and NaN and Infinity, which are not JSON,
        are read as numbers.
    """

    name: ClassVar[str] = "json_lines"
    citation: ClassVar[str] = "https://jsonlines.org"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")

    def columns(self, path: Path) -> list[str]:
        names: dict[str, None] = {}
        for _, record in _records(path):
            names |= dict.fromkeys(record)
        if not names:
            raise DataError(f"{path}: must have rows, but has none. Name another, or add rows.")
        return list(names)

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        columns: dict[str, list[Value]] = {}
        rows = 0
        for _, record in _records(path):
            for name, value in record.items():
                values = columns.setdefault(name, [])
                values.extend([None] * (rows - len(values)))  # where the key was absent
                values.append(value)
            rows += 1
        if not columns:
            raise DataError(f"{path}: must have rows, but has none. Name another, or add rows.")
        for values in columns.values():
            values.extend([None] * (rows - len(values)))
        return pa.table({name: _array(values, name in text) for name, values in columns.items()})

    def place(self, path: Path, row: int) -> str:
        line, _ = next(islice(_lines(path), row, None))
        return f"line {line}"


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, each with its number, counted from 1."""
    opened = gzip.open if is_zipped(path) else open
    try:
        check_text(path)
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            yield from ((n, line) for n, line in enumerate(lines, start=1) if not line.isspace())
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None


def _records(path: Path) -> Iterator[tuple[int, dict[str, Value]]]:
    """The rows, each with the line it is on."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_unrepeated,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
    )
    for number, line in _lines(path):
        with _blaming(path, number):
            record = decoder.decode(line)
            _check_record(record, line)
            if "\\ud" in line.lower():  # half of a surrogate pair is legal JSON, but not text
                "".join([*record, *(str(value) for value in record.values())]).encode()
        yield number, record


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f"keys must be unique, but {repeated} are repeated. Rename them.")
    return record


def _check_record(record: Any, line: str) -> None:
    if not isinstance(record, dict):
        rule = f"""must be one JSON object, such as {{"a": 1}}, but is {line.strip()[:40]}"""
        mend = _ARRAY if isinstance(record, list) else "Write the row as an object"
        raise DataError(f"{rule}. {mend}.")
    for name, value in record.items():
        if isinstance(value, (dict, list)):
            found = "an object" if isinstance(value, dict) else "a list"
            raise DataError(
                f"the value of '{name}' must be a number, text, true, false or null, but is "
                f"{found}. Make a key of its own for each value in it."
            )


@contextmanager
def _blaming(path: Path, line: int) -> Iterator[None]:
    """Turns what is wrong with a line into an error that names it."""

    def blame(reason: str) -> NoReturn:
        raise DataError(f"{path}:{line}: {reason}") from None

    try:
        yield
    except DataError as error:
        blame(str(error))
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos + 1}"
        mend = _ARRAY if line == 1 and error.doc.lstrip()[:1] == "[" else "Mend the line"
        blame(f"must be one JSON object, but is no JSON: {reason}. {mend}.")
    except RecursionError:
        blame("must not hold values inside of values, but is nested too deeply to be read.")
    except UnicodeEncodeError as error:
        blame(f"must hold text, but {error.object[error.start]!r} is half of a character.")


def _array(values: list[Value], as_text: bool) -> pa.Array:
    types = {type(value) for value in values} - {type(None)}
    if as_text or len(types) > 1:
        return pa.array(map(_written, values), pa.string(), size=len(values))
    return _numbers(values) if types == {_Number} else pa.array(values)


def _written(value: Value) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value


def _numbers(values: list[Value]) -> pa.Array:
    """Integers if all are and fit into 64 bits."""
    written = pa.array(values, pa.string())
    try:
        return written.cast(pa.int64())
    except pa.ArrowInvalid:
        return written.cast(pa.float64())


@hookimpl
def automtl_readers() -> Iterable[type[Reader]]:
    return [JsonLines]
