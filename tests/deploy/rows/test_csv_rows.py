import gzip
from pathlib import Path

import numpy as np
from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.rows.csv_rows import column_names, read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError

X, WORD = Input("x", ColumnKind.NUMERIC), Input("a word", ColumnKind.CATEGORICAL)
TEXT = '\ufeffa word,y,x\r\n" ünd, ""so""",-,1.5\r\n\r\n?,"two\nlines",NA\r\nb,,3\r\n'


def write(path: Path, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@mark.parametrize("name", ["t.csv", "T.CSV", "t.csv.gz"])
@mark.parametrize("size", [1, 2, 100])
def test_reads_columns_in_chunks(tmp_path: Path, name: str, size: int) -> None:
    path = write(tmp_path / name, TEXT)
    chunks = list(read_chunks(path, [X, WORD], size))
    assert column_names(path) == ["a word", "y", "x"]
    assert max(len(chunk.columns["x"]) for chunk in chunks) == min(size, 3)
    np.testing.assert_array_equal(
        np.concatenate([c.columns["x"] for c in chunks]), [1.5, np.nan, 3.0]
    )
    words = np.concatenate([chunk.columns["a word"] for chunk in chunks])
    assert words.tolist() == [' ünd, "so"', "", "b"]


def test_reads_tabs(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "x\ty\n1\t,\n")
    assert column_names(path) == ["x", "y"]
    assert [chunk.columns["x"].tolist() for chunk in read_chunks(path, [X], 9)] == [[1.0]]


def test_a_header_alone_has_no_chunk(tmp_path: Path) -> None:
    assert list(read_chunks(write(tmp_path / "t.csv", "x,y\n"), [X], 9)) == []


@mark.parametrize(
    ("content", "message"),
    [
        ('x,y\n"1",2\n"oh\nno",3\n', r"t.csv:3: column 'x': must be a number, but got 'oh\nno'"),
        ("x,y\n1,2\n\n1,2,3\n", "t.csv:4: must have 2 cells, as the header has, but has 3"),
        ("x,y\n1\n", "t.csv:2: must have 2 cells, as the header has, but has 1"),
        (b"x,y\n1,\xff\n", "t.csv: must be UTF-8 text"),
        ("x,y\n1," + "z" * 200_000, "t.csv: cannot be read: field larger"),
    ],
)
def test_says_where_it_is_wrong(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path / "t.csv", content)
    with raises(DataError, match=message):
        list(read_chunks(path, [X], 2))


def test_an_empty_file(tmp_path: Path) -> None:
    with raises(DataError, match="must begin with a line of column names, but is empty"):
        column_names(write(tmp_path / "t.csv", ""))


@mark.parametrize("content", [b"not compressed", gzip.compress(TEXT.encode() * 99, mtime=0)[:-20]])
def test_a_broken_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(content)
    with raises(DataError, match=r"t.csv.gz: cannot be read"):
        list(read_chunks(path, [Input("a word", ColumnKind.CATEGORICAL)], 9))
