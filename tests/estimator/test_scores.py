from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pytest import approx, raises
from sklearn.metrics import accuracy_score, ndcg_score, r2_score

from automtl.deploy.schema import Output
from automtl.errors import DataError
from automtl.estimator.answers import Answer
from automtl.estimator.exchange import with_sets
from automtl.estimator.scores import mean_score

NO_CLASSES = np.array([], dtype=object)


def _value(*names: str) -> Answer:
    return Answer(
        Output(names[0], "multi_output", names[0], members=names), names, names, NO_CLASSES
    )


def _set(*names: str) -> Answer:
    output = Output("set", "multilabel", "set", "set_probability", members=names)
    return Answer(output, names, names, NO_CLASSES)


def _class(name: str) -> Answer:
    output = Output(name, "multiclass", name, f"{name}_probability", classes=("a", "b"))
    return Answer(output, (name,), (name,), np.array(["a", "b"], dtype=object))


def _scored(
    answers: Sequence[Answer], found: Mapping[str, Sequence[Any]], truth: Mapping[str, Any]
) -> float:
    return mean_score(answers, {n: np.array(v) for n, v in found.items()}, pa.table(dict(truth)))


def test_it_is_the_mean_of_known_scores() -> None:
    values, classes = [1.0, 2.5, 2.0, 4.0], ["a", "b", "b", "a"]
    truth = {"v": [1.0, 2.0, None, 4.5], "c": ["a", None, "a", "a"]}
    expected = (
        r2_score([1.0, 2.0, 4.5], [1.0, 2.5, 4.0])
        + accuracy_score(["a", "a", "a"], ["a", "b", "a"])
    ) / 2
    assert _scored([_value("v"), _class("c")], {"v": values, "c": classes}, truth) == approx(
        expected
    )


def test_numbers_that_are_not_finite_count_as_missing() -> None:
    found, truth = {"v": [1.0, 2.5, 0.0]}, {"v": ["1", "2", "inf"]}
    assert _scored([_value("v")], found, truth) == approx(r2_score([1.0, 2.0], [1.0, 2.5]))
    assert _scored([_value("v")], found, {"v": [1.0, 2.0, np.inf]}) == approx(0.5)


def test_columns_of_a_task_count_together() -> None:
    found = {"u": [1.0, 2.0], "v": [2.0, 1.0], "w": [0.0, 1.0]}
    truth = {"u": [1.0, 2.0], "v": [1.0, 2.0], "w": [0.0, 1.0]}
    assert _scored([_value("u", "v"), _value("w")], found, truth) == approx((-1 + 1) / 2)


def test_labels_of_a_set_are_read_as_in_training() -> None:
    found = {"a": [1, 0, 1, 0], "b": [0, 0, 1, 0]}
    for truth in (
        pa.table({"a": ["yes", "no", None, "no"], "b": ["no", "no", None, "yes"]}),
        with_sets(pa.table({"t": ["a", "", None, "b"]}), {"t": ";"}),
    ):
        arrays = {name: np.array(values) for name, values in found.items()}
        assert mean_score([_set("a", "b")], arrays, truth) == approx((1 + 2 / 3) / 2)


def test_a_label_that_no_row_has_is_none_of_theirs() -> None:
    truth = with_sets(pa.table({"t": ["a", "a", None]}), {"t": ";", "gone": ","}, ["a", "b"])
    assert truth["b"].to_pylist() == [0, 0, None]


def test_a_ranking_counts_within_its_queries() -> None:
    ranking = Answer(Output("r", "ranking", "r"), ("r",), ("r", "q"), NO_CLASSES)
    scores, relevance = [0.3, 0.2, 0.9, 0.1, 0.5], [0.0, 1.0, 0.0, 1.0, 0.0]
    truth = {"r": relevance, "q": ["x", "x", "y", "y", "y"]}
    parts = [slice(0, 2), slice(2, 5)]
    expected = np.mean([ndcg_score([relevance[p]], [scores[p]]) for p in parts])
    assert _scored([ranking], {"r": scores}, truth) == approx(float(expected))


def test_there_must_be_labels() -> None:
    with raises(DataError, match="no task has enough of them"):
        _scored([_class("c")], {"c": ["a"]}, {"c": pa.array([None], pa.string())})
    with raises(DataError, match="y has no column 'c'"):
        _scored([_class("c")], {"c": ["a"]}, {"d": ["a"]})
