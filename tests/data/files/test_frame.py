from typing import Any

import numpy as np
import pyarrow as pa
from pytest import importorskip, mark, raises
from scipy.sparse import coo_array, csr_array, csr_matrix, dok_array

from automtl.core.runs import is_runs, plain
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


MATRIX = np.array([[0, 2.5, 0], [0, 0, 0], [1, 0, np.nan]])


@mark.parametrize("make", [np.array, csr_array, csr_matrix, coo_array])
def test_a_matrix_is_its_columns(make: Any) -> None:
    table = to_table({"w": make(MATRIX), "y": [1, 2, 3]})
    assert table.column_names == ["w_0", "w_1", "w_2", "y"]
    held = [is_runs(kind) for kind in table.schema.types]
    assert held == [make is not np.array] * 3 + [False]
    expected = [[0, 0, 1], [2.5, 0, 0], [0, 0, None], [1, 2, 3]]
    assert [plain(column).to_pylist() for column in table.columns] == expected


def test_numbers_at_one_place_of_a_matrix_are_added() -> None:
    twice = coo_array(([1, 2], ([1, 1], [0, 0])), shape=(3, 1))
    assert plain(to_table({"w": twice})["w_0"]).to_pylist() == [0, 3, 0]


@mark.parametrize("fill", [0.0, np.nan])
def test_sparse_columns_of_pandas_are_runs(fill: float) -> None:
    frame = pd.DataFrame({"w": pd.arrays.SparseArray([fill, 2.5, fill, fill], fill_value=fill)})
    table = to_table(frame)
    assert is_runs(table["w"].type)
    rest = None if np.isnan(fill) else fill
    assert plain(table["w"]).to_pylist() == [rest, 2.5, rest, rest]
    assert frame_source(frame).read(["w"])["w"].type == pa.string()


@mark.parametrize(
    ("frame", "message"),
    [
        ([1, 2], "data frame: must be a data frame of pandas or polars, .* but is a list"),
        ({"a": [1, "x"]}, "data frame, column 'a': must be a sequence of values of one type"),
        ({"a": 1}, "data frame, column 'a': must be a sequence"),
        ({"a": np.ones((2, 2, 2))}, "data frame, column 'a': .* split it into several columns"),
        ({"a": [{"x": 1}, {}]}, "data frame, column 'a': .* but holds dictionaries. Make a column"),
        (csr_array(np.eye(2)), "data frame: must be .* but is a csr_array. Name it"),
        (dok_array(np.eye(2)), "data frame: must be .* but is a dok_array. Name it"),
        ({"a": [1, 10**30]}, "data frame, column 'a': integers must fit into 64 bits, .* to float"),
        ({"a": np.array([10**30])}, "data frame, column 'a': integers must fit into 64 bits"),
        ({"a": [1], "b": [1, 2]}, "data frame: all columns must have as many rows, .*'b': 2"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"data frame: column names .*\['a'\]"),
        (pd.DataFrame({1: [1], "1": [2]}), r"data frame: column names .*\['1'\]"),
    ],
)
def test_refuses(frame: Any, message: str) -> None:
    with raises(DataError, match=f"^{message}"):
        frame_source(frame)


@mark.parametrize(
    "categories",
    [
        pd.cut([1, 2, 3], 2),
        pd.Categorical(pd.period_range("2024-02-29", periods=3, freq="D")),
        pd.Categorical(pd.to_timedelta([1, 2, 3], "h")),
        pd.Categorical([(1, 2), (3, 4)]),
    ],
    ids=["intervals", "periods", "durations", "tuples"],
)
def test_refuses_categories_that_no_file_has(categories: Any) -> None:
    message = r"^data frame, column 'b': categories must be text, .* by \.astype\(str\) say\.$"
    with raises(DataError, match=message):
        frame_source(pd.DataFrame({"b": categories}))
    assert to_table(pd.DataFrame({"b": pd.Series(categories).astype(str)}))["b"].null_count == 0


def test_refuses_a_frame_of_polars_by_its_column_or_how_to_mend_it() -> None:
    polars = importorskip("polars", reason="polars is not installed")
    wide = polars.Series([10**30, 2], dtype=polars.Int128)
    message = "^data frame, column 'b': must hold values of a type that Arrow has, .* Convert it"
    for frame in (polars.DataFrame({"a": [1, 2], "b": wide}), polars.DataFrame({"b": wide})):
        with raises(DataError, match=message):
            frame_source(frame)
    with raises(DataError, match=r"but is a LazyFrame\. Collect it: frame\.collect\(\)\.$"):
        frame_source(polars.LazyFrame({"a": [1]}))


def test_refuses_a_frame_without_rows() -> None:
    source: Source = frame_source(TABLE.slice(0, 0))
    with raises(DataError, match=r"^data frame: must have rows"):
        source.read()
