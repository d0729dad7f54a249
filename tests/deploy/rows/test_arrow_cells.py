from pathlib import Path

import numpy as np
import pyarrow as pa
from pytest import raises

from automtl.data.table import ColumnKind
from automtl.deploy.rows.arrow_cells import typed_columns
from automtl.deploy.schema import Input
from automtl.errors import DataError

BATCH = pa.record_batch({"x": ["1", "NA", "2"], "when": pa.array([1, None, 3], pa.timestamp("ms"))})


def test_columns_by_name() -> None:
    inputs = [Input("when", ColumnKind.DATETIME), Input("x", ColumnKind.NUMERIC)]
    found = typed_columns(Path("t"), inputs, BATCH, 0)
    assert list(found) == ["when", "x"]
    np.testing.assert_array_equal(found["when"], [0.001, np.nan, 0.003])
    np.testing.assert_array_equal(found["x"], [1.0, np.nan, 2.0])


def test_rows_are_counted_from_the_beginning_of_the_file() -> None:
    with raises(DataError, match="t: column 'x', row 1003: must be true or false"):
        typed_columns(Path("t"), [Input("x", ColumnKind.BOOLEAN)], BATCH, 1000)
