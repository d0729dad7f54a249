import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import mark, raises, skip
from scipy.io import arff as oracle

from automtl.errors import DataError
from automtl.testing import assert_reader_contract
from automtl_plugins.readers.arff import Arff

READER = Arff()
DATA = Path(__file__).resolve().parents[3].parent / "shared/data"
MTR = ["atp1d", "edm", "enb", "jura", "rf1", "scpf", "sf2", "slump"]
MULTILABEL = {"emotions": (72, 6), "enron": (1001, 53), "scene": (294, 6), "yeast": (103, 14)}

HEAD = """% A comment, and an empty line

@RELATION 'some thing'
@Attribute size numeric
@attribute 'the colour' {red, "light blue", 'don\\'t know'}
@attribute note string
@attribute "day" date "yyyy-MM-dd HH:mm"
@DATA
"""
FIRST = {"size": 1.5, "the colour": "red", "note": "x", "day": None}


def _write(folder: Path, content: str | bytes, name: str = "table.arff") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _shared(name: str) -> Path:
    if not (DATA / name).is_file():
        skip(f"{DATA / name} is not here")
    return DATA / name


def test_contract(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + "1.5,red,x,?\n")
    assert_reader_contract(READER, path, ["size", "the colour", "note", "day"])


def test_types(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + '1.50, "light blue", \'a, "b"\', "2024-02-29 12:30"\n?,?,?,?\n')
    table = READER.read(path)
    moment = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
    rows = table.to_pylist()
    assert list(rows[0].values()) == [1.5, "light blue", 'a, "b"', moment]
    assert list(rows[1].values()) == [None] * 4
    written = READER.read(path, READER.columns(path)).to_pylist()[0]
    assert list(written.values()) == ["1.50", "light blue", 'a, "b"', "2024-02-29 12:30"]


def test_compressed(tmp_path: Path) -> None:
    path = _write(tmp_path, gzip.compress((HEAD + "1.5,red,x,?").encode()), "table.ARFF.gz")
    assert READER.read(path).to_pylist() == [FIRST]


@mark.parametrize("row", ["1.5,red,x,?", "1.5,red,'x',?"])
def test_place_is_the_line(tmp_path: Path, row: str) -> None:
    path = _write(tmp_path, f"{HEAD}{row}\r\n\n% comment\n{row}\n")
    assert [READER.place(path, i) for i in range(2)] == ["line 9", "line 12"]


@mark.parametrize(
    ("content", "message"),
    [
        (HEAD, r": must have rows, but has only the attributes \['size', "),
        (HEAD + "1,red,x,?\n\none,red,x,?\n", ":11: column 'size' must be a number, but got 'one'"),
        (HEAD + "{0 x}\n", ":9: column 'size' must be a number, but got 'x'"),
    ],
)
def test_errors_in_rows_name_the_file(tmp_path: Path, content: str, message: str) -> None:
    path = _write(tmp_path, content)
    with raises(DataError, match=f"^{path}{message}"):
        READER.read(path)


@mark.parametrize(
    ("head", "message"),
    [
        ("", ": must be an ARFF file, but has no line @data"),
        (
            "@attribute x real\n@attribute X real\n@attribute x real\n@data\n",
            r": column names must be unique, but \['x'\]",
        ),
    ],
)
def test_errors_in_the_head_are_told_whatever_is_asked(
    tmp_path: Path, head: str, message: str
) -> None:
    path = _write(tmp_path, head)
    for look in (READER.columns, READER.read):
        with raises(DataError, match=f"^{path}{message}"):
            look(path)


@mark.parametrize("stem", MTR)
def test_mtr_as_scipy_reads_it(stem: str) -> None:
    _agree(_shared(f"mtr/{stem}.arff"))


@mark.parametrize("stem", [stem for stem in MULTILABEL if stem != "enron"])
@mark.parametrize("part", ["train", "test"])
def test_multilabel_as_scipy_reads_it(stem: str, part: str) -> None:
    _agree(_shared(f"multilabel/{stem}/{stem}-{part}.arff"))


def _agree(path: Path) -> None:
    values, meta = oracle.loadarff(path)
    table = READER.read(path)
    assert table.column_names == [name.strip('"') for name in meta.names()]  # it leaves them on
    for column, name in zip(table.columns, meta.names(), strict=True):
        _same(column, values[name])


def _same(found: pa.ChunkedArray, wanted: Any) -> None:
    if pa.types.is_floating(found.type):
        np.testing.assert_array_equal(found.to_numpy(), wanted)
    else:
        missing = [None if word == b"?" else word.decode() for word in wanted]
        assert found.to_pylist() == missing


@mark.parametrize(("stem", "counts"), MULTILABEL.items(), ids=list(MULTILABEL))
def test_mulan(stem: str, counts: tuple[int, int]) -> None:
    train, test = (_shared(f"multilabel/{stem}/{stem}-{part}.arff") for part in ("train", "test"))
    labels = READER.labels(train)
    assert labels is not None
    assert labels == READER.labels(test)
    assert len(labels) == counts[1]
    assert len(READER.columns(train)) == sum(counts)
    table = READER.read(train).select(labels)
    assert {word for column in table.columns for word in column.to_pylist()} == {"0", "1"}


def test_sparse_enron() -> None:
    path = _shared("multilabel/enron/enron-train.arff")
    table = READER.read(path)
    body = path.read_text().partition("@data\n")[2]
    ones = sum(line.count(" 1") for line in body.splitlines())
    found = sum(table[name].to_pylist().count("1") for name in table.column_names)
    assert (table.shape, found) == ((1123, 1054), ones)
