from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pytest import importorskip, mark, raises

from automtl.errors import DataError
from automtl.estimator.exchange import as_table, form_of, joined

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


def test_inputs_and_labels_are_told_apart_by_name() -> None:
    inputs, labels = pa.table({"a": [1], "b": [2]}), pa.table({"c": [3]})
    assert joined(inputs, labels).to_pydict() == {"a": [1], "b": [2], "c": [3]}
    with raises(DataError, match=r"but \['b'\] are in both"):
        joined(inputs, pa.table({"b": [3]}))
