from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pytest import mark, raises

from automtl.core.runs import is_runs, plain
from automtl.data.files.sources import concatenate
from automtl.errors import DataError

A = pa.table({"x": [1, 2], "word": ["p", "q"], "first": ["yes", "no"]})
B = pa.table({"second": [0.5], "word": ["r"], "x": [3.5]})
TARGETS = {"a.csv": ["first"], "b.csv": ["second"]}


def test_labels_of_other_files_are_missing() -> None:
    table = concatenate({"a.csv": A, "b.csv": B}, TARGETS)
    assert table.to_pydict() == {
        "x": [1.0, 2.0, 3.5],
        "word": ["p", "q", "r"],
        "first": ["yes", "no", None],
        "second": [None, None, 0.5],
    }
    assert table["x"].type == pa.float64()


def test_one_source_stays_as_it_is() -> None:
    assert concatenate({"a.csv": A}, {"a.csv": ["first"]}) == A


def test_a_target_may_be_in_two_files() -> None:
    table = concatenate({"a.csv": A, "c.csv": A}, {"a.csv": ["first"], "c.csv": ["first"]})
    assert table["first"].to_pylist() == ["yes", "no", "yes", "no"]


def test_the_origin_is_told_on_request() -> None:
    table = concatenate({"a.csv": A, "b.csv": B}, TARGETS, origin="source")
    assert table["source"].to_pylist() == ["a.csv", "a.csv", "b.csv"]
    with raises(DataError, match=r"^a.csv, column 'x': .* such a column already"):
        concatenate({"a.csv": A, "b.csv": B}, TARGETS, origin="x")


@mark.parametrize(
    ("first", "second", "kind"),
    [
        (pa.int64(), pa.float32(), pa.float64()),
        (pa.null(), pa.string(), pa.string()),
        (pa.string(), pa.null(), pa.string()),
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.dictionary(pa.int32(), pa.string()), pa.large_string(), pa.string()),
        (pa.date32(), pa.timestamp("ms"), pa.timestamp("ms")),
        (pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("us")),
    ],
)
def test_types_are_unified(first: pa.DataType, second: pa.DataType, kind: pa.DataType) -> None:
    tables = {
        "a": pa.table({"x": pa.array([None], first), "y": [1]}),
        "b": pa.table({"x": pa.array([None], second), "z": [1]}),
    }
    assert concatenate(tables, {"a": ["y"], "b": ["z"]})["x"].type == kind


@mark.parametrize(
    ("changed", "message"),
    [
        ({"x": ["text"]}, r"^b.csv, column 'x': .* it is string, and in a.csv int64"),
        ({"x": [True]}, r"^b.csv, column 'x': .* it is bool, and in a.csv int64"),
        ({"wort": ["r"]}, r"^b.csv: .* inputs of a.csv, but it has 'wort' besides"),
        (
            {"wort": ["r"], "word": None},
            r"it lacks 'word' \(did you mean 'wort'\?\); it has 'wort'",
        ),
        ({"second": None, "secnd": [1]}, r"^b.csv: .* 'second', .* did you mean 'secnd'\?"),
        ({"first": ["no"]}, r"^b.csv, column 'first': .* a target of a.csv alone"),
    ],
)
def test_sources_that_do_not_fit_are_errors(changed: dict[str, Any], message: str) -> None:
    columns = {**B.to_pydict(), **changed}
    other = pa.table({name: values for name, values in columns.items() if values is not None})
    with raises(DataError, match=message):
        concatenate({"a.csv": A, "b.csv": other}, TARGETS)


def test_a_number_too_large_for_the_common_type_is_an_error() -> None:
    tables = {
        "a": pa.table({"x": pa.array([-1], pa.int64()), "y": [1]}),
        "b": pa.table({"x": pa.array([2**64 - 1], pa.uint64()), "z": [1]}),
    }
    with raises(DataError, match=r"^b, column 'x': must fit .* int64"):
        concatenate(tables, {"a": ["y"], "b": ["z"]})


@mark.parametrize("second", [[0.0] * 5, [0.5] * 5])
def test_runs_stay_runs(second: list[float]) -> None:
    rare = pc.run_end_encode(pa.array([0.0] * 9 + [2.0]))
    first = pa.table({"x": rare, "y": [1] * 10})
    for other in (pa.array(second), pc.run_end_encode(pa.array(second))):
        table = concatenate(
            {"a": first, "b": pa.table({"x": other, "y": [2] * 5})}, {"a": [], "b": []}
        )
        assert is_runs(table["x"].type)
        assert plain(table["x"]).to_pylist() == [*[0.0] * 9, 2.0, *second]


def test_runs_of_another_type_are_written_out() -> None:
    rare = pc.run_end_encode(pa.array([0.0] * 9 + [2.0]))
    tables = {"a": pa.table({"x": rare}), "b": pa.table({"x": [1, 2]})}
    table = concatenate(tables, {"a": [], "b": []})
    assert table["x"].to_pylist() == [*[0.0] * 9, 2.0, 1.0, 2.0]
