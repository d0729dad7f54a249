import gzip
from pathlib import Path

import numpy as np
from pytest import mark, raises

from automtl.data.read import read_data
from automtl.data.request import DataRequest, TargetRequest
from automtl.data.table import ColumnKind
from automtl.deploy.rows.json_rows import column_names, read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError
from automtl.plugins import load_plugins

X, WORD = Input("x", ColumnKind.NUMERIC), Input("word", ColumnKind.CATEGORICAL)
TEXT = (
    '{"x": 1.5, "y": 0}\n\n{"word": "ü", "x": null}\r\n{"word": 1.50, "x": "3"}\n{"word": true}\n'
)


def write(path: Path, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@mark.parametrize("name", ["t.jsonl", "t.ndjson.gz"])
@mark.parametrize("size", [1, 3, 9])
def test_reads_keys_in_chunks(tmp_path: Path, name: str, size: int) -> None:
    path = write(tmp_path / name, TEXT)
    chunks = list(read_chunks(path, [X, WORD], size))
    assert column_names(path) == ["x", "y", "word"]
    assert max(chunk.n_rows for chunk in chunks) == min(size, 4)
    found = np.concatenate([chunk.columns["x"] for chunk in chunks])
    np.testing.assert_array_equal(found, [1.5, np.nan, 3.0, np.nan])
    words = [word for chunk in chunks for word in chunk.columns["word"]]
    assert words == ["", "ü", "1.50", "true"]
    assert chunks[-1].share == 1


@mark.parametrize(
    ("content", "message"),
    [
        ('{"x": 1}\n\n{"x": "one"}\n', "t.jsonl:3: column 'x': must be a number, but got 'one'"),
        ('{"x": 1}\n{"x": \n', "t.jsonl:2: must be one JSON object, but is no JSON: Expecting"),
        ("[1]\n", "t.jsonl:1: must be one JSON object, such as"),
        ('{"x": [1]}\n', "t.jsonl:1: must be numbers, text, .* but 'x' is not"),
        ('{"x": 1, "x": 2}\n', "t.jsonl:1: must be one JSON object, each key once"),
        ('{"x": "\\ud800"}\n', "t.jsonl:1: must be text, but holds half of a character"),
        ('{"x": ' + "[" * 100_000 + "\n", "t.jsonl:1: must be one JSON object, not nested"),
        (b'{"x": "\xff"}\n', "t.jsonl: must be UTF-8 text"),
    ],
)
def test_says_where_it_is_wrong(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path / "t.jsonl", content)
    with raises(DataError, match=message):
        list(read_chunks(path, [X], 2))


def test_a_file_is_understood_as_it_was_for_training(tmp_path: Path) -> None:
    rows = [
        '{"y": 0, "n": 1e3, "b": true, "w": " a", "c": 10}',
        '{"y": 1, "n": -0.5, "b": false, "w": "NA", "c": 1.50}',
        '{"y": 0, "n": null, "w": "größer", "c": null}',
        '{"y": 1, "b": true, "w": "a", "c": 10}',
    ]
    path = write(tmp_path / "t.jsonl", "\n".join(rows * 6))
    kinds = {
        "n": ColumnKind.NUMERIC,
        "b": ColumnKind.BOOLEAN,
        "w": ColumnKind.CATEGORICAL,
        "c": ColumnKind.CATEGORICAL,
    }
    request = DataRequest(path, (TargetRequest("y"),), columns=kinds)
    table = read_data(request, load_plugins()).table
    [chunk] = read_chunks(path, [Input(name, column.kind) for name, column in table.items()], 99)
    assert {name: column.kind for name, column in table.items()} == kinds
    for name, column in table.items():
        np.testing.assert_array_equal(chunk.columns[name], column.values)
