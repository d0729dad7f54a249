import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import mark, raises, skip
from scipy.io import arff as oracle

from automtl.core.runs import is_runs, plain
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


def _head(*attributes: str) -> str:
    lines = [f"@attribute {attribute}\n" for attribute in attributes]
    return "".join(["@relation r\n", *lines, "@data\n"])


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


@mark.parametrize(
    "row",
    [
        "1.5,red,x,?",
        " 1.5 ,  red,x , ? ",
        "1.5\tred\tx\t?",
        "'1.5', 'red', \"x\", ?",
        "{0 1.5, 2 x, 3 ?}",
        "{ 2 'x',0 1.5 , 1 red }",
    ],
)
def test_ways_to_write_a_row(tmp_path: Path, row: str) -> None:
    for body in (row, f"\n% a comment\n  % another\n{row}\r\n\r\n"):
        path = _write(tmp_path, HEAD + body)
        assert READER.read(path).to_pylist() == [FIRST]


def test_plain_rows_are_read_as_intricate_ones(tmp_path: Path) -> None:
    body = "1.5,red,x,2024-02-29 12:30\n% comment\n\n ?, light blue ,?,?\n-1e-3,don't know,50%,?\n"
    intricate = body.replace("light blue", "'light blue'").replace("don't know", "'don\\'t know'")
    plain = body.replace("don't know", "red")
    first, second = (READER.read(_write(tmp_path, HEAD + text)) for text in (plain, intricate))
    assert first.drop("the colour").equals(second.drop("the colour"))
    assert second["the colour"].to_pylist() == ["red", "light blue", "don't know"]


def test_what_a_sparse_row_leaves_out(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD + "{}\n{1 'light blue'}\n")
    rows = READER.read(path).to_pylist()
    assert list(rows[0].values()) == [0.0, "red", None, None]
    assert list(rows[1].values()) == [0.0, "light blue", None, None]
    assert READER.read(path, ["size"])["size"].to_pylist() == ["0", "0"]


def test_compressed(tmp_path: Path) -> None:
    path = _write(tmp_path, gzip.compress((HEAD + "1.5,red,x,?").encode()), "table.ARFF.gz")
    assert READER.read(path).to_pylist() == [FIRST]


@mark.parametrize("row", ["1.5,red,x,?", "1.5,red,'x',?"])
def test_place_is_the_line(tmp_path: Path, row: str) -> None:
    path = _write(tmp_path, f"{HEAD}{row}\r\n\n% comment\n{row}\n")
    assert [READER.place(path, i) for i in range(2)] == ["line 9", "line 12"]


@mark.parametrize("kind", ["numeric", "REAL", "integer", "Integer [0,9]", "numeric % counts"])
def test_number_types(tmp_path: Path, kind: str) -> None:
    path = _write(tmp_path, _head(f"x {kind}") + "007\n1.5e3\n")
    assert READER.read(path)["x"].to_pylist() == [7.0, 1500.0]
    assert READER.read(path, ["x"])["x"].to_pylist() == ["007", "1.5e3"]


@mark.parametrize(
    ("pattern", "word"),
    [
        ("", "2024-02-29T12:30:05"),
        ("\"yyyy-MM-dd'T'HH:mm:ssZ\"", "2024-02-29T13:30:05+0100"),
        ("'dd/MM/yy hh:mm:ss a'", "'29/02/24 12:30:05 PM'"),
        ('"d.M.yyyy HH:mm:ss.SSS"', "29.2.2024 12:30:05.000"),
    ],
)
def test_dates(tmp_path: Path, pattern: str, word: str) -> None:
    path = _write(tmp_path, _head(f"x date {pattern}") + word)
    assert READER.read(path)["x"].to_pylist() == [datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)]


@mark.parametrize(
    ("body", "message"),
    [
        ("", r": must have rows, but has only the attributes \['size', "),
        ("1,red,x\n", ":9: must have 4 cells, one for each @attribute, but has 3"),
        ("1,red,x,?,{5}\n", ":9: must have 4 cells.*but has 5. Remove the weights"),
        ("1,red,x,?\n\none,red,x,?\n", ":11: column 'size' must be a number, but got 'one'"),
        ("1,red,x,?\n1,blue,x,?\n", r":10: column 'the colour' must be one of \['red', .*'blue'"),
        ("1,red,x,2024\n", ":9: column 'day' must be a date such as %Y-%m-%d %H:%M, but got '2024"),
        ("1,,x,?\n", r":9: cell 2 is empty. Write \? if it is missing"),
        ("1,red,'x,?\n", ":9: quotes must be closed and end a cell: 'x"),
        ("1,red,'x'y,?\n", ":9: quotes must be closed and end a cell: 'x'y"),
        ("{0 1\n", ":9: a sparse row must end with }"),
        ("{0 1, 2}\n", ":9: a sparse row must be of pairs such as .* but has '2'"),
        ("{0 1,}\n", ":9: a sparse row must be of pairs"),
        ("{4 1}\n", ":9: columns count from 0, but the number 4 is not below 4"),
        ("{0 1, 0 2}\n", ":9: columns count from 0, but the number 0 is given twice"),
        ("{0 x}\n", ":9: column 'size' must be a number, but got 'x'"),
        (b"1,\xff,x,?\n", ": must be UTF-8 text"),
    ],
)
def test_errors_in_rows(tmp_path: Path, body: str | bytes, message: str) -> None:
    content = HEAD.encode() + (body.encode() if isinstance(body, str) else body)
    path = _write(tmp_path, content)
    for text in ([], ["size", "day"]):
        with raises(DataError, match=f"^{path}{message}"):
            READER.read(path, text)


@mark.parametrize(
    ("head", "message"),
    [
        ("", ": must be an ARFF file, but has no line @data"),
        ("a,b\n1,2\n", ":1: must be a line @relation, @attribute or @data, .* but is 'a,b'"),
        ("@relation x\n@data\n", ":2: there must be an @attribute before @data"),
        (_head("x numeric", "x real"), r": column names must be unique, but \['x'\]"),
        (_head("x"), ":2: the type of attribute 'x' must be numeric, .* but is ''"),
        (_head("x relational"), ":2: the type of attribute 'x' must be .* but is 'relational'"),
        (_head("'x numeric"), ":2: must be `@attribute NAME TYPE`"),
        (_head("x {a, b"), ":2: attribute 'x': its values must end with }"),
        (_head("x {a, 'b}"), ":2: attribute 'x': its values must end with }"),
        (_head("x { }"), ":2: attribute 'x': must have a value between"),
        (_head("x date 'yyyy G'"), ":2: a date must be of years.* 'yyyy G' has 'G'"),
        (_head('x date "yyyy \'T"'), """:2: a date must be of .* has ''T'"""),
        (b"@relation \xff\n", ": must be UTF-8 text"),
    ],
)
def test_errors_in_the_head(tmp_path: Path, head: str | bytes, message: str) -> None:
    path = _write(tmp_path, head)
    for look in (READER.columns, READER.read):
        with raises(DataError, match=f"^{path}{message}"):
            look(path)


def test_refuses_a_file_that_is_not_compressed(tmp_path: Path) -> None:
    path = _write(tmp_path, HEAD, "table.arff.gz")
    with raises(DataError, match=f"^{path}: cannot be read"):
        READER.read(path)


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


def test_columns_that_few_rows_mention_are_held_as_runs(tmp_path: Path) -> None:
    rows = ["{0 2, 1 b}", *["{2 1}"] * 20, "{1 c, 2 ?}", "{0 -1.5}"]
    head = _head("rare numeric", "word {a, b, c}", "often numeric")
    path = _write(tmp_path, head + "\n".join(rows))
    table = READER.read(path, text=["word"])
    assert [is_runs(column.type) for column in table.columns] == [True, False, False]
    assert plain(table["rare"]).to_pylist() == [2, *[0] * 21, -1.5]
    assert table["word"].to_pylist() == ["b", *["a"] * 20, "c", "a"]
    assert table["often"].to_pylist() == [0, *[1] * 20, None, 0]
    assert plain(READER.read(path)["word"]).to_pylist() == ["b", *["a"] * 20, "c", "a"]


def test_memory_is_for_what_a_sparse_file_says(tmp_path: Path) -> None:
    n_columns, n_rows = 2000, 1000
    rows = [f"{{{row % n_columns} 1}}" for row in range(n_rows)]
    head = _head(*(f"w{column} numeric" for column in range(n_columns)))
    table = READER.read(_write(tmp_path, head + "\n".join(rows)))
    assert table.nbytes < n_columns * 100 < 0.02 * n_columns * n_rows * 8
