import gzip
import json
from pathlib import Path

import pyarrow as pa
from pytest import mark, raises

from automtl.errors import DataError
from automtl.testing import assert_reader_contract
from automtl_plugins.readers.json_lines import JsonLines

READER = JsonLines()


def _write(folder: Path, content: str | bytes, name: str = "table.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_contract(tmp_path: Path) -> None:
    path = _write(tmp_path, '{"a": 1, "b": true}\n{"c": null, "b": false}\n')
    assert_reader_contract(READER, path, ["a", "b", "c"])


def test_infers_types(tmp_path: Path) -> None:
    rows = [
        {"i": 1, "f": 1, "b": True, "s": "x", "n": None, "big": 2**70},
        {"i": -2, "f": 1.5e3, "b": False, "s": "é\u2028\n", "n": None, "big": 1},
    ]
    path = _write(tmp_path, "\n".join(map(json.dumps, rows)))
    table = READER.read(path)
    assert [str(kind) for kind in table.schema.types] == [
        *("int64", "double", "bool", "string", "null", "double")
    ]
    assert table.to_pylist() == rows


def test_a_key_that_is_absent_is_missing(tmp_path: Path) -> None:
    path = _write(tmp_path, '{"a": 1}\n{"b": "x"}\n\n{}\n{"a": 2, "c": 0.5}\n')
    expected = {"a": [1, None, None, 2], "b": [None, "x", None, None], "c": [None] * 3 + [0.5]}
    assert READER.read(path).to_pydict() == expected
    assert READER.columns(path) == list(expected)
    assert [READER.place(path, row) for row in range(4)] == ["line 1", "line 2", "line 4", "line 5"]


def test_text_is_read_as_written(tmp_path: Path) -> None:
    path = _write(tmp_path, '{"a": 1.50}\n{"a": 7e0}\n{"a": null}\n{"a": true}\n{"a": " 007"}\n')
    written = ["1.50", "7e0", None, "true", " 007"]
    assert READER.read(path, ["a"])["a"].to_pylist() == written
    assert READER.read(path)["a"].to_pylist() == written  # of several types, so it is text


def test_what_is_not_finite(tmp_path: Path) -> None:
    path = _write(tmp_path, '{"a": NaN}\n{"a": Infinity}\n{"a": -Infinity}\n')
    assert str(READER.read(path)["a"].to_pylist()) == "[nan, inf, -inf]"


@mark.parametrize("name", ["t.ndjson", "t.JSONL.gz", "t.ndjson.gz"])
def test_endings(tmp_path: Path, name: str) -> None:
    content = b'\xef\xbb\xbf{"a": 1}\r\n'
    path = _write(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name)
    assert READER.read(path) == pa.table({"a": [1]})


@mark.parametrize(
    ("content", "message"),
    [
        ("", ": must have rows, but has none"),
        ("\n \n", ": must have rows, but has none"),
        ("{}\n", ": must have rows, but has none"),
        ('{"a": 1}\n{"a": }\n', ":2: must be one JSON object, but is no JSON: Expecting value at"),
        ('{"a": 1} {"a": 2}\n', ":1: must be one JSON object, but is no JSON: Extra data at"),
        ('[\n{"a": 1}\n]\n', ":1: must be one JSON object, but is no JSON"),
        ("[1, 2]\n", r":1: must be one JSON object, .* but is \[1, 2\]"),
        ('"x"\n', ':1: must be one JSON object, .* but is "x"'),
        ('\n{"a": [1]}\n', ":2: the value of 'a' must be a number, text, .* but is a list"),
        ('{"a": {"b": 1}}\n', ":1: the value of 'a' must be .* but is an object"),
        ('{"a": 1, "a": 2}\n', r":1: keys must be unique, but \['a'\] are repeated"),
        ('{"a": ' + "[" * 10**5, ":1: must not hold values inside of values"),
        ('{"a": "\\uD800"}\n', r":1: must hold text, but '\\ud800' is half of a character"),
        (b'{"a": "\xff"}\n', ":1: must be UTF-8 text"),
        (
            '[{"a": 1}]\n',
            r":1: must be .* but is \[{.*\. Of an array of rows, write each on a line",
        ),
        ('[\n{"a": 1}]\n', ":1: must be .* is no JSON: .* Of an array of rows, write each on a"),
        ('{"a": 1}\n[1', r":2: must be .* is no JSON: .* at character \d\. Mend the line\."),
    ],
)
def test_errors(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = _write(tmp_path, content)
    for look in (READER.columns, READER.read):
        with raises(DataError, match=f"^{path}{message}"):
            look(path)


def test_a_surrogate_pair_is_a_character(tmp_path: Path) -> None:
    path = _write(tmp_path, '{"a": "\\ud83d\\ude00"}\n')
    assert READER.read(path)["a"].to_pylist() == ["😀"]
