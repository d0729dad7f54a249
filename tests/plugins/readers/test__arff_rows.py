from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.core.runs import is_runs, plain
from automtl.errors import DataError
from automtl_plugins.readers._arff_header import Attribute, Kind
from automtl_plugins.readers._arff_rows import MOSTLY, numbered_rows, read_plain, read_rows

PATH = Path("folder/x.arff")
ABOVE = 8  # lines
COLUMNS = [
    Attribute("size", Kind.NUMERIC),
    Attribute("the colour", Kind.NOMINAL, levels=("red", "light blue", "don't know")),
    Attribute("note", Kind.STRING),
    Attribute("day", Kind.DATE, pattern="%Y-%m-%d %H:%M"),
]
FIRST = [1.5, "red", "x", None]

NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map(str)
COLOURS = st.sampled_from(("red", "light blue"))
NOTES = st.text(st.sampled_from("abc é;:|\\}%"), min_size=1, max_size=6).map(str.strip)
DAYS = st.datetimes(datetime(1970, 1, 1)).map(lambda day: day.strftime("%Y-%m-%d %H:%M"))
ROWS = st.lists(
    st.tuples(*(st.just("?") | cells for cells in (NUMBERS, COLOURS, NOTES.filter(bool), DAYS))),
    min_size=1,
    max_size=8,
)


def read(body: str | bytes, text: Collection[str] = ()) -> pa.Table:
    content = body.encode() if isinstance(body, str) else body
    return read_rows(PATH, content, ABOVE, COLUMNS, text)


def values(table: pa.Table) -> list[list[object]]:
    """Row by row, however it is held."""
    columns = [plain(column).to_pylist() for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_rows_are_numbered_as_an_editor_does() -> None:
    body = b"a\r\n\r\n  % no row\n b \rc\n\n"
    assert list(numbered_rows(PATH, body, 3)) == [(4, "a"), (7, "b"), (8, "c")]


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
def test_ways_to_write_a_row(row: str) -> None:
    for body in (row, f"\n% a comment\n  % another\n{row}\r\n\r\n"):
        assert values(read(body)) == [FIRST]
        quick = read_plain(body.encode(), COLUMNS, ())
        assert (quick is None) == any(letter in row for letter in "'\"\t{")
        assert quick is None or values(quick) == [FIRST]


@settings(max_examples=50, deadline=None)
@given(ROWS, st.sets(st.sampled_from([column.name for column in COLUMNS])))
def test_all_at_once_is_row_by_row(rows: list[tuple[str, ...]], text: set[str]) -> None:
    body = "% a comment\n" + "\n\n".join(", ".join(row) for row in rows)
    quick = read_plain(body.encode(), COLUMNS, text)
    slow = read(body, text)
    assert quick is not None
    assert quick.schema == slow.schema
    assert values(quick) == values(slow)
    for name in text:
        at = [column.name for column in COLUMNS].index(name)
        written = [None if row[at] == "?" else row[at] for row in rows]
        assert slow[name].to_pylist() == written


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_a_sparse_row_says_what_a_dense_one_does(rows: list[tuple[str, ...]], luck: Random) -> None:
    """What is left out of it is what a row would have there without a word."""
    dense, sparse = [], []
    for row in rows:
        said = [luck.random() < 0.5 for _ in row]
        usual = ("0", "red", "?", "?")
        dense.append(",".join(w if s else u for w, s, u in zip(row, said, usual, strict=True)))
        cells = [f"{at} '{word}'" for at, word in enumerate(row) if said[at] and word != "?"]
        cells += [f"{at} ?" for at, word in enumerate(row) if said[at] and word == "?"]
        sparse.append("{" + ", ".join(cells).replace("\\", "\\\\") + "}")
    assert values(read("\n".join(sparse))) == values(read("\n".join(dense)))


@mark.parametrize("word", ["NA", "null", "nan", "None", "a", "??"])
def test_only_a_question_mark_is_missing(word: str) -> None:
    body = f"?,red,{word},?\n"
    quick = read_plain(body.encode(), COLUMNS, ())
    assert quick is not None
    assert values(quick) == values(read(body)) == [[None, "red", word, None]]


def test_plain_rows_are_read_as_intricate_ones() -> None:
    body = "1.5,red,x,2024-02-29 12:30\n% comment\n\n ?, light blue ,?,?\n-1e-3,don't know,50%,?\n"
    intricate = body.replace("light blue", "'light blue'").replace("don't know", "'don\\'t know'")
    first = read_plain(body.replace("don't know", "red").encode(), COLUMNS, ())
    second = read(intricate)
    assert first is not None
    assert read_plain(intricate.encode(), COLUMNS, ()) is None
    assert first.drop("the colour").equals(second.drop("the colour"))
    assert second["the colour"].to_pylist() == ["red", "light blue", "don't know"]


def test_what_a_sparse_row_leaves_out() -> None:
    assert values(read("{}\n{1 'light blue'}\n")) == [
        [0.0, "red", None, None],
        [0.0, "light blue", None, None],
    ]
    assert read("{}\n{1 'light blue'}\n", ["size"])["size"].to_pylist() == ["0", "0"]


def test_dates_are_moments_unless_wanted_as_text() -> None:
    body = "1,red,x,'2024-02-29 12:30'\n"
    assert read(body)["day"].to_pylist() == [datetime(2024, 2, 29, 12, 30, tzinfo=UTC)]
    assert read(body, ["day"])["day"].to_pylist() == ["2024-02-29 12:30"]


def test_numbers_wanted_as_text_are_as_they_are_written() -> None:
    body = "007,red,x,?\n1.5e3,red,x,?\n"
    quick = read_plain(body.encode(), COLUMNS, ["size"])
    assert quick is not None
    for table in (quick, read(body, ["size"])):
        assert table["size"].to_pylist() == ["007", "1.5e3"]
    assert read(body)["size"].to_pylist() == [7.0, 1500.0]


@mark.parametrize(
    ("body", "message"),
    [
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
        ("{0 1, 0 2}\n", ":9: columns count from 0, but the number 0 is given twice. Correct it"),
        ("{0 x}\n", ":9: column 'size' must be a number, but got 'x'"),
        (b"1,\xff,x,?\n", ":9: must be UTF-8 text"),
    ],
)
@mark.parametrize("text", [[], ["size", "day"]])
def test_errors_name_the_line(body: str | bytes, message: str, text: list[str]) -> None:
    content = body.encode() if isinstance(body, str) else body
    assert read_plain(content, COLUMNS, text) is None
    with raises(DataError, match=f"^{PATH}{message}"):
        read(body, text)


def test_columns_that_few_rows_mention_are_held_as_runs() -> None:
    columns = [
        Attribute("rare", Kind.NUMERIC),
        Attribute("word", Kind.NOMINAL, levels=("a", "b", "c")),
        Attribute("often", Kind.NUMERIC),
    ]
    body = "\n".join(["{0 2, 1 b}", *["{2 1}"] * 20, "{1 c, 2 ?}", "{0 -1.5}"]).encode()
    table = read_rows(PATH, body, 0, columns, ["word"])
    assert [is_runs(column.type) for column in table.columns] == [True, False, False]
    assert plain(table["rare"]).to_pylist() == [2, *[0] * 21, -1.5]
    assert table["word"].to_pylist() == ["b", *["a"] * 20, "c", "a"]
    assert table["often"].to_pylist() == [0, *[1] * 20, None, 0]
    assert plain(read_rows(PATH, body, 0, columns, ())["word"]).to_pylist() == (
        ["b", *["a"] * 20, "c", "a"]
    )


@mark.parametrize("said", [0, 9, 10, 100])
def test_below_a_share_of_the_rows_a_column_is_held_as_runs(said: int) -> None:
    columns = [Attribute("x", Kind.NUMERIC)]
    body = "\n".join(["{0 3}"] * said + ["{}"] * (100 - said)).encode()
    found = read_rows(PATH, body, 0, columns, ())["x"]
    assert is_runs(found.type) == (said < 100 * MOSTLY)
    assert plain(found).to_pylist() == [3.0] * said + [0.0] * (100 - said)


def test_memory_is_for_what_a_sparse_file_says() -> None:
    n_columns, n_rows = 2000, 1000
    columns = [Attribute(f"w{column}", Kind.NUMERIC) for column in range(n_columns)]
    body = "\n".join(f"{{{row % n_columns} 1}}" for row in range(n_rows)).encode()
    table = read_rows(PATH, body, 0, columns, ())
    assert table.nbytes < n_columns * 100 < 0.02 * n_columns * n_rows * 8
