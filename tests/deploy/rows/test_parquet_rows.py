from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.rows.parquet_rows import column_names, read_chunks
from automtl.deploy.schema import Input
from automtl.errors import DataError

NUMERIC, BOOLEAN = ColumnKind.NUMERIC, ColumnKind.BOOLEAN
DATETIME, CATEGORICAL = ColumnKind.DATETIME, ColumnKind.CATEGORICAL
NOON = datetime(1970, 1, 2, 12, tzinfo=UTC)


def write(folder: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), folder / "t.parquet")
    return folder / "t.parquet"


@mark.parametrize(
    ("kind", "values", "expected"),
    [
        (NUMERIC, pa.array([1, None, 3]), [1.0, np.nan, 3.0]),
        (NUMERIC, pa.array([1.5, np.inf, None], pa.float32()), [1.5, np.nan, np.nan]),
        (NUMERIC, pa.array([Decimal("1.25"), None]), [1.25, np.nan]),
        (NUMERIC, pa.array(["1.5", "NA", None]), [1.5, np.nan, np.nan]),
        (BOOLEAN, pa.array([True, None, False]), [1.0, np.nan, 0.0]),
        (BOOLEAN, pa.array(["yes", "no"]), [1.0, 0.0]),
        (DATETIME, pa.array([NOON, None], pa.timestamp("ms", "UTC")), [129_600.0, np.nan]),
        (DATETIME, pa.array([date(1970, 1, 2), None]), [86_400.0, np.nan]),
        (DATETIME, pa.array(["1970-01-02", ""]), [86_400.0, np.nan]),
        (CATEGORICAL, pa.array(["a", None, "NA"]), ["a", "", ""]),
        (CATEGORICAL, pa.array(["a", None, "a"]).dictionary_encode(), ["a", "", "a"]),
        (CATEGORICAL, pa.array([1, None]), ["1", ""]),
        (ColumnKind.TEXT, pa.array(["A film.", None, "NA"]), ["A film.", "", ""]),
    ],
)
def test_reads_values(tmp_path: Path, kind: ColumnKind, values: pa.Array, expected: Any) -> None:
    path = write(tmp_path, **{"a.b": values, "a": values})
    assert column_names(path) == ["a.b", "a"]
    [chunk] = read_chunks(path, [Input("a.b", kind)], 100)
    assert list(chunk.columns) == ["a.b"]
    np.testing.assert_array_equal(
        chunk.columns["a.b"], np.array(expected, chunk.columns["a.b"].dtype)
    )


def test_reads_in_chunks(tmp_path: Path) -> None:
    path = write(tmp_path, x=np.arange(10.0))
    chunks = [chunk.columns["x"] for chunk in read_chunks(path, [Input("x", NUMERIC)], 4)]
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(chunks), np.arange(10.0))


def test_says_where_a_value_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, x=["1", "2", "three"])
    with raises(DataError, match=r"t.parquet: column 'x', row 3: must be a number.*'three'"):
        list(read_chunks(path, [Input("x", NUMERIC)], 2))


@mark.parametrize("kind", [NUMERIC, CATEGORICAL])
def test_refuses_other_types(tmp_path: Path, kind: ColumnKind) -> None:
    path = write(tmp_path, x=[[1], [2, 3]])
    with raises(DataError, match=rf"column 'x' is {kind}, but holds list<"):
        list(read_chunks(path, [Input("x", kind)], 2))


def test_not_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("x,y\n")
    with raises(DataError, match="is not a Parquet file that can be read"):
        column_names(path)
