from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytest import fixture, raises

from automtl.core.task import Task
from automtl.data.files.source import Source, open_source
from automtl.data.labels.label_tasks import MAX_SPLIT, split_labels, with_label_tasks
from automtl.data.labels.targets import Target
from automtl.data.request import TargetRequest
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
TRAIN = np.arange(20)


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("a,b,c\n0,1,1\n")
    return open_source(path, PLUGINS)


def _target(labels: NDArray[Any], names: Sequence[str] = (), **fields: Any) -> Target:
    columns = tuple(names) or tuple(f"l{at}" for at in range(labels.shape[1]))
    task = Task("m", "multilabel", columns, **fields)
    return Target(task, PLUGINS.task_kinds["multilabel"], labels, ("as said",))


def _labels(n_labels: int, n_rows: int = 40) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    topic = rng.integers(0, 4, n_rows)  # labels of one topic occur together
    own = np.arange(n_labels) % 4 == topic[:, None]
    flipped: NDArray[np.bool_] = rng.random((n_rows, n_labels)) < 0.1
    return np.asarray(own ^ flipped, dtype=np.float64)


def test_each_label_is_a_task(source: Source) -> None:
    labels = _labels(3)
    labels[5, 1] = np.nan
    made = split_labels(_target(labels, weight=2.0), TRAIN, source, PLUGINS)
    assert [t.task for t in made] == [
        Task(f"l{at}", "binary", (f"l{at}",), weight=2.0, target="m") for at in range(3)
    ]
    assert all(target.optional for target in made)
    assert made[1].labels[5] is None
    for at, target in enumerate(made):
        known = target.known
        assert (target.labels[known] == "1").tolist() == (labels[known, at] == 1).tolist()
    assert [target.notes for target in made] == [("as said",), (), ()]


def test_a_label_that_never_varies_in_training_is_left_out(source: Source) -> None:
    labels = _labels(4)
    labels[:20, 0], labels[:20, 1], labels[:, 2] = 0.0, 1.0, np.nan
    [made] = split_labels(_target(labels), TRAIN, source, PLUGINS)
    assert made.task.name == "l3"
    assert made.notes == ("as said", *(
        f"m: 'l{at}' is left out, as it is never 0, or never 1, in the train part"
        for at in range(3)
    ))  # fmt: skip
    with raises(
        DataError, match=r"x\.csv: target 'm': a label must be 0 in some .* holds for none"
    ):
        split_labels(_target(np.zeros((40, 2))), TRAIN, source, PLUGINS)


def test_many_labels_are_clustered(source: Source) -> None:
    labels = _labels(MAX_SPLIT + 2, 200)
    labels[:, 7] = 0.0
    train = np.arange(100)
    made = split_labels(_target(labels, metric="macro_auc"), train, source, PLUGINS)
    assert [target.task.name for target in made] == [f"m_{n}" for n in range(1, len(made) + 1)]
    assert {(target.task.kind, target.task.metric) for target in made} == {
        ("multilabel", "macro_auc")
    }
    columns = [column for target in made for column in target.task.columns]
    assert sorted(columns) == sorted(f"l{at}" for at in range(MAX_SPLIT + 2) if at != 7)
    for target in made:
        places = [int(column[1:]) for column in target.task.columns]
        assert len({place % 4 for place in places}) == 1  # of one topic
        np.testing.assert_array_equal(target.labels, labels[:, places])
    assert "m: 'l7' is left out" in made[0].notes[1]
    assert made[0].notes[2] == f"m: 31 labels in {len(made)} clusters of those that occur together"


def test_as_many_as_may_be_are_split_one_by_one(source: Source) -> None:
    made = split_labels(_target(_labels(MAX_SPLIT, 200)), np.arange(100), source, PLUGINS)
    assert [target.task.kind for target in made] == ["binary"] * MAX_SPLIT


def test_others_stay_and_metrics_are_those_of_the_new_tasks(source: Source) -> None:
    target, other = _target(_labels(2), ("a", "b"), metric="roc_auc"), _target(_labels(2))
    asked = TargetRequest("m", columns=("a", "b"), split_labels=True, metric="roc_auc")
    made = with_label_tasks([asked], [target], TRAIN, source, PLUGINS)
    assert [t.task.metric for t in made] == ["roc_auc", "roc_auc"]
    assert with_label_tasks([TargetRequest("m")], [other], TRAIN, source, PLUGINS) == [other]
    wrong = TargetRequest("m", columns=("a", "b"), split_labels=True, metric="macro_auc")
    with raises(
        DataError, match="target 'm': a binary task has no metric 'macro_auc'; did you mean"
    ):
        with_label_tasks([wrong], [target], TRAIN, source, PLUGINS)


def test_refuses_options_that_the_new_tasks_have_not(source: Source) -> None:
    asked = TargetRequest("m", columns=("a", "b"), split_labels=True, options={"rule": "f1"})
    with raises(DataError, match="no option 'rule' of a task of the kind binary"):
        with_label_tasks([asked], [_target(_labels(2))], TRAIN, source, PLUGINS)


def test_refuses_two_tasks_of_one_name(source: Source) -> None:
    asked = TargetRequest("m", columns=("l0", "b"), split_labels=True)
    single = Target(Task("b", "regression", ("c",)), PLUGINS.task_kinds["regression"], TRAIN, ())
    targets = [_target(_labels(2), ("l0", "b")), single]
    with raises(DataError, match=r"x\.csv: each task has a name of its own, but two would be 'b'"):
        with_label_tasks([asked], targets, TRAIN, source, PLUGINS)
