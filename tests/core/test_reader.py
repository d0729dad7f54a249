from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.core.reader import Reader, check_names, finished
from automtl.core.runs import as_runs
from automtl.errors import DataError

PATH = Path("folder/x.lines")


class Lines(Reader):
    """A line is a row."""

    name = "lines"
    citation = "https://example.org"
    suffixes = (".lines",)

    def columns(self, path: Path) -> list[str]:
        return ["line"]

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        return pa.table({"line": path.read_text().splitlines()})


def test_rows_are_counted_from_one() -> None:
    assert [Lines().place(PATH, row) for row in (0, 9)] == ["row 1", "row 10"]


def test_a_format_says_nothing_of_labels_and_takes_no_file_of_them() -> None:
    assert Lines().labels(PATH) is None
    with raises(DataError, match=r"^y\.xml: .* cannot go with folder/x\.lines, because the lines "):
        Lines().labels(PATH, Path("y.xml"))


@given(st.lists(st.sampled_from("abc"), max_size=5))
def test_names_are_to_be_unique(names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not repeated:
        check_names(PATH, names)
        return
    with raises(DataError) as caught:
        check_names(PATH, names)
    assert str(caught.value).startswith(f"{PATH}: ")
    assert f"but {repeated} are repeated" in str(caught.value)


@mark.parametrize(
    ("values", "written"),
    [
        ([1.5, None, -2.0], ["1.5", None, "-2"]),
        ([1, 2, None], ["1", "2", None]),
        ([True, False], ["true", "false"]),
        ([date(2024, 2, 29)], ["2024-02-29"]),
        ([datetime(2024, 2, 29, 12, 30)], ["2024-02-29 12:30:00.000000"]),
        (["as it is", ""], ["as it is", ""]),
    ],
)
def test_text_is_written_out_and_nothing_else(values: list[Any], written: list[str]) -> None:
    table = pa.table({"wanted": values, "other": values})
    found = finished(PATH, table, ["wanted", "not there"])
    assert found["wanted"].type == pa.string()
    assert found["wanted"].to_pylist() == written
    assert found["other"].equals(table["other"])
    assert found.column_names == table.column_names


def test_what_is_held_as_runs_is_written_out_row_by_row() -> None:
    runs = as_runs(np.array([1]), pa.array([7, 0]), 4)
    found = finished(PATH, pa.table({"x": runs}), ["x"])
    assert found["x"].to_pylist() == ["0", "7", "0", "0"]
    kept = finished(PATH, pa.table({"x": runs}), [])
    assert kept["x"].type == runs.type


def test_views_of_text_become_text_unasked() -> None:
    table = pa.table({"x": pa.array(["a", None], pa.string_view())})
    assert finished(PATH, table, []) == pa.table({"x": pa.array(["a", None], pa.string())})


def test_a_table_without_rows_is_refused() -> None:
    with raises(DataError, match=rf"^{PATH}: must have rows, but has none"):
        finished(PATH, pa.table({"x": pa.array([], pa.int64())}), [])


@mark.parametrize("values", [[[1, 2]], [{"a": 1}], [b"\xff"]])
def test_what_is_no_text_is_refused_where_text_is_wanted(values: list[Any]) -> None:
    table = pa.table({"deep": values})
    assert finished(PATH, table, []).equals(table)
    with raises(DataError, match=rf"^{PATH}: column 'deep' must hold text, .* but it holds "):
        finished(PATH, table, ["deep"])
