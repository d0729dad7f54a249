from typing import Any

import numpy as np
import pyarrow as pa
from pytest import importorskip, mark, raises

from automtl.data.files.frame import to_table
from automtl.data.files.source import Source, frame_source
from automtl.errors import DataError

pd = importorskip("pandas", reason="pandas is not installed")
COLUMNS = {"a": [1.5, None, 3.0], "b": ["x", "y", None], "c": [1, 2, 3]}
TABLE = pa.table(COLUMNS)


@mark.parametrize(
    "frame",
    [
        TABLE,
        TABLE.to_batches()[0],
        pd.DataFrame(COLUMNS, index=[7, 7, 9]),
        COLUMNS,
        {"a": np.array([1.5, np.nan, 3]), "b": np.array(["x", "y", None]), "c": np.arange(1, 4)},
    ],
    ids=["table", "batch", "pandas", "lists", "arrays"],
)
def test_all_frames_give_the_same_table(frame: Any) -> None:
    source = frame_source(frame)
    assert source.columns() == ["a", "b", "c"]
    assert source.read().to_pydict() == COLUMNS
    assert source.read(["c"])["c"].to_pylist() == ["1", "2", "3"]


def test_polars() -> None:
    polars = importorskip("polars", reason="polars is not installed")
    assert frame_source(polars.DataFrame(COLUMNS)).read(["b"]).to_pydict() == COLUMNS


def test_a_frame_is_taken_through_to_arrow() -> None:
    class Frame:
        def to_arrow(self) -> pa.Table:
            return TABLE.set_column(1, "b", TABLE["b"].cast(pa.string_view()))

    assert frame_source(Frame()).read() == TABLE


def test_names_become_text_and_categories_stay() -> None:
    frame = pd.DataFrame(
        {0: pd.Categorical(["u", "v", "u"]), 1: pd.to_datetime(["2024-02-29"] * 3)}
    )
    table = to_table(frame)
    assert table.column_names == ["0", "1"]
    assert pa.types.is_dictionary(table["0"].type)
    assert pa.types.is_timestamp(table["1"].type)


def test_an_error_says_where_it_is() -> None:
    error = frame_source(TABLE).error("is wrong.", "b", 2)
    assert str(error) == "data frame, column 'b', row 3: is wrong."


def test_a_frame_does_not_say_what_its_labels_are() -> None:
    assert frame_source(TABLE).labels() is None


@mark.parametrize(
    ("frame", "message"),
    [
        ([1, 2], "data frame: must be a data frame of pandas or polars, .* but is a list"),
        ({"a": [1, "x"]}, "data frame, column 'a': must be a sequence of values of one type"),
        ({"a": 1}, "data frame, column 'a': must be a sequence"),
        ({"a": np.eye(2)}, "data frame, column 'a': .* split it into several columns"),
        ({"a": [1], "b": [1, 2]}, "data frame: all columns must have as many rows, .*'b': 2"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"data frame: column names .*\['a'\]"),
        (pd.DataFrame({1: [1], "1": [2]}), r"data frame: column names .*\['1'\]"),
    ],
)
def test_refuses(frame: Any, message: str) -> None:
    with raises(DataError, match=f"^{message}"):
        frame_source(frame)


def test_refuses_a_frame_without_rows() -> None:
    source: Source = frame_source(TABLE.slice(0, 0))
    with raises(DataError, match=r"^data frame: must have rows"):
        source.read()
