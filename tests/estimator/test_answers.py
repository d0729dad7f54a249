from typing import Any

import numpy as np
import pyarrow as pa
from pytest import mark

from automtl.deploy.schema import Output
from automtl.estimator.answers import Answer, answers
from automtl.report.summary import TaskSummary
from automtl.search.entry import Estimate

NONE = Estimate(0.0, None)


def _answer(output: Output, sources: tuple[str, ...], labels: pa.Table, like: Any = None) -> Answer:
    task = TaskSummary(output.task, output.kind, "", NONE, NONE, {}, {}, {}, sources=sources)
    return answers([output], [task], labels, like)[0]


@mark.parametrize(
    "labels",
    [
        np.array([3, 1, 1]),
        np.array([3.0, np.nan, 1.0]),
        np.array([True, False, True]),
        np.array(["b", None, "a"], dtype=object),
        np.array(["b", "a", "a"]),
    ],
)
def test_classes_are_given_as_they_were(labels: Any) -> None:
    table = pa.table({"y": pa.array(labels, from_pandas=True)})
    written = sorted(set(table["y"].drop_null().cast(pa.string()).to_pylist()))
    output = Output("y", "binary", "y", "y_probability", classes=tuple(written))
    answer = _answer(output, ("y",), table, labels)
    assert answer.classes.dtype == labels.dtype
    ((name, given),) = answer.given({"y": np.array(written[::-1], dtype=object)})
    assert name == "y"
    assert set(given.tolist()) == set(table["y"].drop_null().to_pylist())
    assert pa.array(given).cast(pa.string()).to_pylist() == written[::-1]


def test_levels_that_are_the_same_numbers_are_given_as_the_labels() -> None:
    labels = np.array([2.0, np.nan, -0.0, 1.0])
    table = pa.table({"y": pa.array(labels, from_pandas=True)})
    output = Output("y", "ordinal", "y", "p", classes=("0.0", "1.0", "2.0"))
    found = _answer(output, ("y",), table, labels).classes
    assert (found.tolist(), found.dtype) == ([0.0, 1.0, 2.0], np.float64)


def test_levels_that_were_never_there_stay_text() -> None:
    labels = pa.table({"stars": ["poor", "good"]})
    output = Output("stars", "ordinal", "stars", "p", classes=("poor", "fair", "good"))
    assert _answer(output, ("stars",), labels).classes.tolist() == ["poor", "fair", "good"]


def test_columns_are_named_as_the_labels_where_there_is_one_for_each() -> None:
    labels = pa.table({"old": [0], "rare": [1], "topics": ["a;b"], "rel": [1.0]})
    members = ("old", "rare")
    flags = Output("flags", "multilabel", "flags", "p", members=members)
    assert _answer(flags, members, labels).columns == members
    topics = Output("topics", "multilabel", "topics", "p", members=("a", "b"))
    assert _answer(topics, ("a", "b"), labels).columns == ("a", "b")
    ranking = Output("order", "ranking", "order")
    assert _answer(ranking, ("rel", "customer"), labels).columns == ("rel",)


def test_several_values_are_several_columns() -> None:
    labels = pa.table({"u": [0.5], "v": [1.5]})
    answer = _answer(Output("uv", "multi_output", "uv", members=("u", "v")), ("u", "v"), labels)
    found = dict(answer.given({"uv": np.array([[1.0, 2.0], [3.0, 4.0]])}))
    assert {name: values.tolist() for name, values in found.items()} == {
        "u": [1.0, 3.0],
        "v": [2.0, 4.0],
    }
