import gzip
from pathlib import Path

import pyarrow as pa
from pytest import MonkeyPatch, mark, raises

from automtl.data.features.text import NULLS as NULLS_OF_THE_DATA_ROOM
from automtl.errors import DataError
from automtl_plugins.readers import csv
from automtl_plugins.readers.csv import NULLS, Csv

READER = Csv()


def _write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_infers_types(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b,c,d\n1,1.5,x,2024-02-29\n2,?,N/A,\n")
    table = READER.read(path)
    assert READER.columns(path) == table.column_names == ["a", "b", "c", "d"]
    assert table.schema.types == [pa.int64(), pa.float64(), pa.string(), pa.date32()]
    assert table["b"].to_pylist() == [1.5, None]
    assert table["c"].to_pylist() == ["x", None]


def test_text_is_read_exactly_as_written(tmp_path: Path) -> None:
    path = _write(tmp_path, 'code,time\n007,12:30\n 1.50 ,9:00\n"NA",10:00\n"a, b",11:00\n')
    table = READER.read(path, ["code"])
    assert table["code"].to_pylist() == ["007", " 1.50 ", None, "a, b"]
    assert table["time"].to_pylist() == ["12:30", "9:00", "10:00", "11:00"]  # times stay text


@mark.parametrize("quote", ["", '"'])
def test_a_later_row_may_refute_the_types_that_the_first_suggest(
    tmp_path: Path, monkeypatch: MonkeyPatch, quote: str
) -> None:
    monkeypatch.setattr(csv, "_SAMPLE", 64)
    first = "1,,2024-02-29,7,9:00,true\n" * 20
    last = f"1.5,x,never,{quote}8{quote},noon,false\n"
    path = _write(tmp_path, "a,b,c,d,e,f\n" + first + last)
    table = READER.read(path)
    assert [str(kind) for kind in table.schema.types] == [
        *("double", "string", "string", "int64", "string", "bool")
    ]
    assert table.slice(19).to_pydict() == {
        "a": [1.0, 1.5],
        "b": [None, "x"],
        "c": ["2024-02-29", "never"],
        "d": [7, 8],
        "e": ["9:00", "noon"],
        "f": [True, False],
    }


def test_threads_keep_the_order_of_rows(tmp_path: Path) -> None:
    rows = 300_000  # several blocks
    path = _write(tmp_path, "a\n" + "\n".join(map(str, range(rows))))
    assert READER.read(path)["a"].to_pylist() == list(range(rows))


def test_threads_keep_rows_whole_where_quotes_hold_line_breaks(tmp_path: Path) -> None:
    rows = 200_000  # several blocks
    path = _write(tmp_path, "a,b\n" + "".join(f'{i},"x\n{i},\ny"\n' for i in range(rows)))
    table = READER.read(path)
    assert table["a"].to_pylist() == list(range(rows))
    assert table["b"].to_pylist() == [f"x\n{i},\ny" for i in range(rows)]


def test_null_words_are_those_of_the_data_room() -> None:
    assert set(NULLS) == NULLS_OF_THE_DATA_ROOM


@mark.parametrize("word", sorted(NULLS))
def test_null_words(tmp_path: Path, word: str) -> None:
    path = _write(tmp_path, f"a,b\n{word},{word}\n1,x\n")
    assert READER.read(path).to_pylist() == [{"a": None, "b": None}, {"a": 1, "b": "x"}]


def test_compressed_and_tabbed_files_are_alike(tmp_path: Path) -> None:
    plain = READER.read(_write(tmp_path, "a,b\n1,x\n"))
    packed = _write(tmp_path, gzip.compress(b"a,b\n1,x\n"), "table.csv.GZ")
    tabbed = _write(tmp_path, "a\tb\n1\tx\n", "table.tsv")
    assert plain == READER.read(packed) == READER.read(tabbed)


def test_lines_breaks_in_quotes_byte_order_mark_and_empty_lines(tmp_path: Path) -> None:
    path = _write(tmp_path, '\ufeff\r\na,b\r\n"x\r\ny",1\r\n\r\nz,2\r\n')
    assert READER.read(path).to_pydict() == {"a": ["x\r\ny", "z"], "b": [1, 2]}
    assert [READER.place(path, row) for row in range(2)] == ["line 3", "line 6"]


@mark.parametrize(
    ("content", "message"),
    [
        ("", ": must begin with a line of column names, but is empty"),
        ("\n\n", ": must begin with a line of column names, but is empty"),
        ("a,b\n", r": must have rows, but has only the header \['a', 'b'\]"),
        ("a,b", r": must have rows, but has only the header \['a', 'b'\]"),
        ("a,b,a\n1,2,3\n", r": column names must be unique, but \['a'\] are repeated"),
        ("a,b\n1,2\n1\n", ":3: must have 2 cells, as the header has, but has 1"),
        ("a,b\n\n1,2\n1,2,3\n", ":4: must have 2 cells, as the header has, but has 3"),
        ('a,b\n"x\ny",2\n1,2,3\n', ":4: must have 2 cells, as the header has, but has 3"),
        ('a,b\n"x,2\n1,3\n', ":2: must have 2 cells, as the header has, but has 1"),
        (b"a,b\n1,\xff\n", ":2: must be UTF-8 text"),
        (b"a,\xff\n1,2\n", ":1: must be UTF-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), ": must be UTF-8 text, but is UTF-16 text"),
    ],
)
def test_errors(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = _write(tmp_path, content)
    with raises(DataError, match=f"^{path}{message}"):
        READER.read(path)


def test_text_columns_must_be_utf8_too(tmp_path: Path) -> None:
    path = _write(tmp_path, b"a,b\n1,\xff\n")
    with raises(DataError, match=f"^{path}:2: must be UTF-8 text"):
        READER.read(path, ["b"])


@mark.parametrize(
    ("name", "header", "message"),
    [
        (
            "x.csv",
            "a;b",
            r"commas, but here it seems to be by ';'\. Save it with commas, and with points in",
        ),
        (
            "x.csv",
            "a\tb",
            r"commas, .* by tabs\. Save it with commas, or let the name end in \.tsv",
        ),
        ("x.csv", "a|b", r"commas, .* by '\|'\. Save it with commas\.$"),
        (
            "x.tsv",
            "a,b",
            r"tabs, .* by commas\. Save it with tabs, or let the name end in \.csv\.$",
        ),
    ],
)
def test_refuses_another_separator(tmp_path: Path, name: str, header: str, message: str) -> None:
    path = _write(tmp_path, f"{header}\n1,5;2\n", name)
    for look in (READER.columns, READER.read):
        with raises(DataError, match=f"^{path}: cells must be separated by {message}"):
            look(path)


def test_a_name_may_hold_another_separator(tmp_path: Path) -> None:
    assert READER.columns(_write(tmp_path, "a;b,c|d\n1,2\n")) == ["a;b", "c|d"]
    assert READER.columns(_write(tmp_path, '"a,b"\n1\n')) == ["a,b"]
