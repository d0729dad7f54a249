from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
from pytest import mark, raises

from automtl.data.table import ColumnKind
from automtl.deploy.feeds import to_feed
from automtl.deploy.schema import Input
from automtl.errors import DataError

NUMERIC, BOOLEAN = ColumnKind.NUMERIC, ColumnKind.BOOLEAN
DATETIME, CATEGORICAL = ColumnKind.DATETIME, ColumnKind.CATEGORICAL
PARIS = timezone(timedelta(hours=1))


@mark.parametrize(
    ("kind", "values", "expected"),
    [
        (NUMERIC, [1, 2.5, None, np.nan], [1.0, 2.5, np.nan, np.nan]),
        (NUMERIC, np.array([1, 2], np.int8), [1.0, 2.0]),
        (NUMERIC, np.array([[1.0], [2.0]], np.float32), [1.0, 2.0]),
        (NUMERIC, [], []),
        (BOOLEAN, [True, False, None], [1.0, 0.0, np.nan]),
        (BOOLEAN, np.array([1.0, 0.0, np.nan]), [1.0, 0.0, np.nan]),
        (DATETIME, np.array(["1970-01-02", "NaT"], "datetime64[D]"), [86_400.0, np.nan]),
        (DATETIME, [np.datetime64(1500, "ms"), np.datetime64("NaT"), 2], [1.5, np.nan, 2.0]),
        (DATETIME, [datetime(1970, 1, 1, 1), None], [3600.0, np.nan]),
        (DATETIME, [datetime(1970, 1, 1, 1, tzinfo=zone) for zone in (UTC, PARIS)], [3600.0, 0.0]),
    ],
)
def test_numbers(kind: ColumnKind, values: Any, expected: list[float]) -> None:
    found = to_feed(Input("x", kind), values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(expected).reshape(-1, 1))


@mark.parametrize(
    "values",
    [
        ["a", None, np.nan, "NA", "雪"],
        np.array(["a", "", "", "", "雪"]),
        np.array(["a", "", "NA", "?", "雪"], np.dtypes.StringDType()),
    ],
)
def test_text(values: Any) -> None:
    found = to_feed(Input("x", CATEGORICAL), values)
    assert found.tolist() == [["a"], [""], [""], [""], ["雪"]]
    assert {type(text) for text in found.flat} == {str}


@mark.parametrize(
    ("kind", "values", "message"),
    [
        (NUMERIC, [1, "2"], r"numbers, but at index 1 is '2' \(str\)"),
        (NUMERIC, np.array(["a"]), r"numbers, but at index 0 is .*'a'"),
        (BOOLEAN, [0, 1, 2], r"true, false, 1 or 0, but at index 2 is 2 \(int\)"),
        (DATETIME, ["2024-01-01"], "date-times, or seconds since 1970 in UTC, but at index 0"),
        (CATEGORICAL, ["a", 1], r"text, but at index 1 is 1 \(int\)"),
        (CATEGORICAL, np.array([1.5]), "text, but at index 0 is 1.5"),
        (NUMERIC, np.zeros((3, 2)), r"shape \[n_rows\] or \[n_rows, 1\], but has \[3, 2\]"),
    ],
)
def test_refuses_values_of_another_kind(kind: ColumnKind, values: Any, message: str) -> None:
    with raises(DataError, match=f"Column 'x' must .*{message}"):
        to_feed(Input("x", kind), values)
