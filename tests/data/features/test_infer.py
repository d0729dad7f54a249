from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark, raises

from automtl.data.features.infer import (
    infer_kind,
    infer_task_kind,
    to_column,
    why_identifier,
    why_useless,
)
from automtl.data.files.source import Source, open_source
from automtl.data.table import Column, ColumnKind, SparseColumn
from automtl.errors import DataError
from automtl.plugins import load_plugins

NUMERIC, BOOLEAN = ColumnKind.NUMERIC, ColumnKind.BOOLEAN
DATETIME, CATEGORICAL = ColumnKind.DATETIME, ColumnKind.CATEGORICAL
TEXT = ColumnKind.TEXT


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n\n1,x\n2,y\n3,z\n")  # rows begin on line 3
    return open_source(path, load_plugins())


def _chunks(values: object) -> pa.ChunkedArray:
    return pa.chunked_array([values])


@mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], NUMERIC),
        ([1.5], NUMERIC),
        (pa.array([1.5]).cast(pa.decimal128(5, 2)), NUMERIC),
        ([0, 1], NUMERIC),
        ([True, None], BOOLEAN),
        (["Yes", "no", None, "?", "NO"], BOOLEAN),
        (["t", "f"], BOOLEAN),
        (["t", "f", "y"], CATEGORICAL),  # three codes
        (["t", "y"], CATEGORICAL),  # two codes that would both be true
        (["y"], CATEGORICAL),
        ([date(2024, 2, 29)], DATETIME),
        ([datetime(2024, 2, 29)], DATETIME),
        (["2024-02-29", "2024-02-29 10:30", "2024-02-29T10:30:00+01:00", None], DATETIME),
        (["2024-02-29", "2024-02-30"], CATEGORICAL),
        (["a", None], CATEGORICAL),
        (pa.array(["a", "b"]).dictionary_encode(), CATEGORICAL),
        (pa.array(["a"], pa.large_string()), CATEGORICAL),
        (pa.array([None, None]), CATEGORICAL),
        ([f"a review of film {i}" for i in range(20)], TEXT),
        (pa.array([f"a review of film {i}" for i in range(20)]).dictionary_encode(), TEXT),
        ([*(f"a review of film {i}" for i in range(20)), *[None, "NA"] * 20], TEXT),
        ([f"a review of film {i}" for i in range(19)], CATEGORICAL),  # too few
        ([f"a review of film {i}" for i in range(20)] * 3, CATEGORICAL),  # each of them thrice
        ([f"film {i}" for i in range(20)], CATEGORICAL),  # two words
        ([[1, 2]], None),
        (pa.array([b"x"]), None),
        (pa.array([1], pa.time32("s")), None),
    ],
)
def test_kinds(values: object, kind: ColumnKind | None) -> None:
    assert infer_kind(_chunks(values)) == kind


@mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, 3], NUMERIC, [1, np.nan, 3]),
        ([1.5, np.inf, -np.inf, np.nan], NUMERIC, [1.5, np.nan, np.nan, np.nan]),
        (["1e3", " 2 ", "?", None], NUMERIC, [1000, 2, np.nan, np.nan]),
        (pa.array([1.5]).cast(pa.decimal128(5, 2)), NUMERIC, [1.5]),
        ([True, None, False], BOOLEAN, [1, np.nan, 0]),
        (["1", "no", "NA"], BOOLEAN, [1, 0, np.nan]),
        ([date(1970, 1, 2), None], DATETIME, [86400, np.nan]),
        (pa.array([date(1969, 12, 31)], pa.date64()), DATETIME, [-86400]),
        (pa.array([1500, None], pa.timestamp("ms")), DATETIME, [1.5, np.nan]),
        (pa.array([2], pa.timestamp("s", tz="Asia/Tokyo")), DATETIME, [2]),
        (["1970-01-01T01:00+01:00", "1970-01-02", ""], DATETIME, [0, 86400, np.nan]),
        (pa.array([None], pa.null()), NUMERIC, [np.nan]),
    ],
)
def test_numbers(source: Source, values: object, kind: ColumnKind, expected: list[float]) -> None:
    column = to_column(_chunks(values), kind, source, "a")
    assert column.kind == kind
    assert column.values.dtype == np.float64
    np.testing.assert_array_equal(column.values, expected)


@mark.parametrize(
    ("values", "expected"),
    [
        (["b", None, " a ", "NA", "b"], ["b", "", " a ", "", "b"]),
        (pa.array(["b", None, "a"]).dictionary_encode(), ["b", "", "a"]),
        (pa.array(["b", None, "a"], pa.large_string()), ["b", "", "a"]),
        ([7, None], ["7", ""]),
        ([None], [""]),
    ],
)
def test_categories(source: Source, values: object, expected: list[str]) -> None:
    column = to_column(_chunks(values), CATEGORICAL, source, "a")
    assert column.values.tolist() == expected


def test_chunks_do_not_matter(source: Source) -> None:
    chunks = pa.chunked_array([["1", "2"], ["3", None], pa.array([], pa.string()), ["1"]])
    column = to_column(chunks, NUMERIC, source, "a")
    np.testing.assert_array_equal(column.values, [1, 2, 3, np.nan, 1])


@mark.parametrize(
    ("kind", "message"),
    [
        (NUMERIC, "must be a number, but got 'two'"),
        (BOOLEAN, "must be true or false, yes or no, 1 or 0, but got 'two'"),
        (DATETIME, "must be a date-time such as .* but got '1'"),
    ],
)
def test_a_misfit_is_named_with_its_line(source: Source, kind: ColumnKind, message: str) -> None:
    line = 3 if kind == DATETIME else 4
    with raises(DataError, match=f"^{source.path}, column 'a', line {line}: {message}"):
        to_column(_chunks(["1", "two", "three"]), kind, source, "a")


@mark.parametrize(
    ("labels", "expected"),
    [
        ([str(number) for number in range(11)] * 2, ("regression", "11 distinct numbers")),
        (["1.5", "2.5"], ("binary", "2 distinct numbers")),
        (["1", "2", "3", None, "NA"], ("multiclass", "3 distinct numbers")),
        (["1", "2.0", "3.5"], ("regression", "3 distinct numbers")),
        (["1.0", "2.0", "3.0"], ("multiclass", "3 distinct numbers")),
        (["yes", "no", None], ("binary", "2 distinct labels")),
        ([f"class {number}" for number in range(11)], ("multiclass", "11 distinct labels")),
    ],
)
def test_task_kinds(labels: list[str | None], expected: tuple[str, str]) -> None:
    assert infer_task_kind(_chunks(labels)) == expected


def _column(kind: ColumnKind, values: list[object]) -> Column:
    return Column(kind, np.array(values, object if kind.is_strings else float))


@mark.parametrize(
    ("kind", "values", "reason"),
    [
        (NUMERIC, [1, 2, 2], None),
        (NUMERIC, [1, 1, 2], "it is the same in all training rows"),
        (NUMERIC, [1, np.nan, 2], "it is the same in all training rows"),
        (NUMERIC, [np.nan, np.nan, 2], "all its values are missing in the training rows"),
        (BOOLEAN, [np.nan, np.nan, np.nan], "all its values are missing"),
        (CATEGORICAL, ["", "", ""], "all its values are missing"),
        (CATEGORICAL, ["", "", "a"], "all its values are missing in the training rows"),
        (CATEGORICAL, ["a", "a", "b"], "it is the same in all training rows"),
        (CATEGORICAL, ["a", "", "b"], None),  # a missing value is a category
        (TEXT, ["a film", "the film", ""], None),
        (TEXT, ["!", "?", "a film"], "it has no words in the training rows"),
    ],
)
def test_useless(kind: ColumnKind, values: list[object], reason: str | None) -> None:
    assert why_useless(_column(kind, values), np.array([0, 1])) == reason


def test_identifiers() -> None:
    names: list[object] = [f"row {number}" for number in range(19)]
    assert why_identifier(_column(CATEGORICAL, [*names, "row 0"])) is not None
    assert why_identifier(_column(CATEGORICAL, [*names, "row 0", "row 0"])) is None  # below 95 %
    assert why_identifier(_column(CATEGORICAL, names)) is None  # too few rows
    assert why_identifier(_column(CATEGORICAL, [*names, *[""] * 9, "x"])) is not None


@given(st.integers(-(2**31), 2**31), st.integers(2, 9))
def test_a_count_of_rows_is_an_identifier(first: int, n_rows: int) -> None:
    count = np.arange(first, first + n_rows, dtype=float)
    assert why_identifier(Column(NUMERIC, count))
    assert why_identifier(Column(NUMERIC, count[::-1])) is None
    assert why_identifier(Column(NUMERIC, count + 0.5)) is None
    assert why_identifier(Column(NUMERIC, np.append(count, np.nan))) is None
    assert why_identifier(Column(DATETIME, count)) is None


RARE = [0.0] * 30


@mark.parametrize(
    ("values", "kind", "sparse"),
    [
        ([*RARE, 1.5, None, *RARE, 2.0, 2.0], NUMERIC, True),
        ([*RARE, float("inf"), 3.0], NUMERIC, True),
        ([*RARE, *range(1, 9)], NUMERIC, False),  # a fifth of them
        ([*map(str, RARE), "2"], NUMERIC, True),
        (["no"] * 30 + ["yes", None, "yes"], BOOLEAN, True),
        (["yes"] * 30 + ["no"], BOOLEAN, False),
        ([False] * 30 + [True], BOOLEAN, True),
        (["red"] * 30 + ["blue", None], CATEGORICAL, False),
        (["a text of words"] * 9 + [f"a text of {i} words" for i in range(40)], TEXT, False),
        ([date(2024, 2, 29)] * 9 + [date(2024, 3, 1)], DATETIME, False),
    ],
)
def test_runs_are_understood_as_their_values(
    values: list[object], kind: ColumnKind, sparse: bool, source: Source
) -> None:
    whole = pa.array(values)
    held = _chunks(pc.run_end_encode(whole))
    if isinstance(values[0], str) and kind is not NUMERIC:
        assert infer_kind(held) == infer_kind(_chunks(whole)) == kind
    column = to_column(held, kind, source, "b")
    expected = to_column(_chunks(whole), kind, source, "b")
    assert isinstance(column, SparseColumn) == sparse
    assert [str(v) for v in column.values] == [str(v) for v in expected.values]


def test_a_wrong_value_in_a_run_has_its_own_row(source: Source) -> None:
    held = _chunks(pc.run_end_encode(pa.array(["0", "0", "one"])))
    with raises(DataError, match="line 5"):
        to_column(held, NUMERIC, source, "b")
