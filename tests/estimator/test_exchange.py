from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pytest import importorskip, mark, raises
from scipy.sparse import dok_array

from automtl.errors import DataError
from automtl.estimator.exchange import as_frame, as_table, form_of, joined, library_of

FLOATS = np.array([[1.0, 2.0], [3.0, np.nan]])


@mark.parametrize(
    ("given", "names"),
    [
        (FLOATS, ["y0", "y1"]),
        (FLOATS[:, :1], ["y"]),
        (FLOATS[:, 0], ["y"]),
        ([1.0, 3.0], ["y"]),
        (pd.DataFrame(FLOATS), ["0", "1"]),
        (pd.DataFrame(FLOATS, columns=["a", ("b", 1)]), ["a", "('b', 1)"]),
        (pd.Series(FLOATS[:, 0]), ["y"]),
        (pd.Series(FLOATS[:, 0], name=7), ["7"]),
    ],
)
def test_columns_have_names(given: Any, names: list[str]) -> None:
    table = as_table(given, "y")
    assert table.column_names == names
    assert table.column(0).to_pylist() == [1.0, 3.0]
    assert all(column.null_count == (name in ("y1", "1", "('b', 1)"))
               for name, column in zip(names, table.columns, strict=True))  # fmt: skip


@mark.parametrize("given", [FLOATS, pd.DataFrame(FLOATS, [5, 3], ["a", 1]), FLOATS[:, :1]])
def test_a_table_is_given_back_in_its_form(given: Any) -> None:
    table = as_table(given, "y")
    columns = {name: table[name].to_numpy() for name in table.column_names}
    back = form_of(given).give(columns, like=given)
    assert type(back) is type(given)
    assert np.array_equal(back, given, equal_nan=True)
    if isinstance(given, pd.DataFrame):
        pd.testing.assert_frame_equal(back, given)


def test_a_flat_table_is_given_back_flat_unless_it_became_wider() -> None:
    values = np.array([1.0, 2.0])
    assert form_of(values).give({"y": values}).shape == (2,)
    assert form_of(values).give({"a": values, "b": values}).shape == (2, 2)
    series = pd.Series(values, [8, 9], name="s")
    pd.testing.assert_series_equal(form_of(series).give({"s": values}, series), series)
    unnamed = form_of(pd.Series(values)).give({"y": values}, None)
    assert unnamed.tolist() == [1.0, 2.0]


def test_polars_frames_and_series() -> None:
    polars = importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"a": [1.0, None], "b": ["x", "y"]})
    table = as_table(frame, "y")
    assert table.column_names == ["a", "b"]
    assert table["a"].null_count == 1
    back = form_of(frame).give({"a": np.array([1.0, 2.0]), "b": np.array(["x", "y"])})
    assert isinstance(back, polars.DataFrame)
    assert as_table(frame["b"], "y").column_names == ["b"]
    assert as_table(polars.Series([1, 2]), "y").column_names == ["y"]


# numpy has no type that numbers, text and dates go into together
DATED: dict[str, Any] = {
    "a": [1.5, 2.5],
    "t": ["u", "v"],
    "d": [date(2024, 2, 29), date(2024, 3, 1)],
}


def test_frames_with_numbers_text_and_dates() -> None:
    polars = importorskip("polars", reason="polars is not installed")
    for frame in (polars.DataFrame(DATED), pa.table(DATED), DATED, pd.DataFrame(DATED)):
        assert as_table(frame, "x").to_pydict() == DATED
        assert not form_of(frame).flat


def test_a_frame_is_not_converted_to_find_its_dimension() -> None:
    class Frame(pd.DataFrame):  # type: ignore[misc]
        def __array__(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError

    assert library_of(Frame(DATED)) == "pandas"
    assert as_table(Frame(DATED), "x").column_names == ["a", "t", "d"]
    assert not form_of(Frame(DATED)).flat


def test_an_arrow_table_is_given_back_as_one() -> None:
    table = pa.table({"a": [1.0, 2.0], "b": ["x", "y"]})
    columns = {name: table[name].to_numpy() for name in table.column_names}
    assert form_of(table).give(columns) == table
    assert form_of(table.to_batches()[0]).give(columns) == table
    assert as_frame({1: columns["a"]}, "arrow").column_names == ["1"]


def test_a_mapping_is_given_back_as_one() -> None:
    back = form_of({7: [1, 2]}).give({"7": np.array([3, 4]), "more": np.array([5, 6])})
    assert {name: values.tolist() for name, values in back.items()} == {7: [3, 4], "more": [5, 6]}


@mark.parametrize(
    "values",
    [pd.array([1, None], dtype="Int64"), pd.Categorical(["a", "b"]), dok_array(np.eye(2))],
    ids=["Int64", "categories", "sparse"],
)
def test_what_is_no_table_is_an_array(values: Any) -> None:
    assert library_of(values) == "numpy"
    assert form_of(values).names == {}


def test_a_frame_that_is_not_there_yet_is_refused() -> None:
    polars = importorskip("polars", reason="polars is not installed")
    with raises(DataError, match=r"is a LazyFrame\. Collect it"):
        as_table(polars.LazyFrame(DATED), "x")


def test_inputs_and_labels_are_told_apart_by_name() -> None:
    inputs, labels = pa.table({"a": [1], "b": [2]}), pa.table({"c": [3]})
    assert joined(inputs, labels).to_pydict() == {"a": [1], "b": [2], "c": [3]}
    with raises(DataError, match=r"but \['b'\] are in both"):
        joined(inputs, pa.table({"b": [3]}))
