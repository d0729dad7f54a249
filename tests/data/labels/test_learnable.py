from collections.abc import Sequence

import numpy as np
from pytest import mark

from automtl.core.task import Task
from automtl.data.labels.learnable import notes_on_labels, why_unlearnable, without_unlearnable
from automtl.data.labels.targets import Target
from automtl.plugins import load_plugins

KINDS = load_plugins().task_kinds
ROWS = np.arange(10)
PARTS = (ROWS[:6], ROWS[6:8], ROWS[8:])


def _binary(labels: Sequence[str | None], optional: bool = True) -> Target:
    values = np.array(labels, object)
    return Target(Task("t", "binary", ("t",)), KINDS["binary"], values, (), optional=optional)


def _numbers(labels: Sequence[float]) -> Target:
    values = np.array(labels, float)
    return Target(Task("t", "regression", ("t",)), KINDS["regression"], values, (), optional=True)


@mark.parametrize(
    ("target", "why"),
    [
        (_binary([None] * 10), "it has no label"),
        (_binary(["0"] * 9 + [None]), "all of its 9 labels are '0'"),
        (_binary(["0"] * 8 + ["1"] * 2), "'1' has 2 rows, fewer than the split has parts"),
        (_binary(["0"] * 7 + ["1"] * 3), None),
        (_binary(["0"] * 5 + ["1"] * 4 + ["typo"]), None),  # which is then refused
        (_numbers([2.5] * 10), "all of its 10 labels are '2.5'"),
        (_numbers([np.nan] * 10), "it has no label"),
        (_numbers([1.0, 2.0] + [np.nan] * 8), None),
    ],
)
def test_before_the_split(target: Target, why: str | None) -> None:
    assert why_unlearnable(target) == why


def test_a_rare_class_is_fine_where_the_split_is_given() -> None:
    assert why_unlearnable(_binary(["0"] * 8 + ["1"] * 2), at_random=False) is None


@mark.parametrize(
    ("target", "why"),
    [
        (_binary(["0", "1"] * 5), None),
        (_binary(["0", "1"] * 4 + [None] * 2), "it has no label in the test part"),
        (_binary([None] * 6 + ["0", "1"] * 2), "it has no label in the train part"),
        (_binary(["0"] * 6 + ["0", "1"] * 2), "all of its labels in the train part are '0'"),
        (_numbers([1.0] * 6 + [2.0] * 4), None),
        (_numbers([1.0, 2.0] * 3 + [np.nan] * 4), "it has no label in the validation part"),
    ],
)
def test_after_the_split(target: Target, why: str | None) -> None:
    assert why_unlearnable(target, PARTS) == why


def test_only_optional_targets_are_left_out() -> None:
    good, bad, named = _binary(["0", "1"] * 5), _binary(["0"] * 10), _binary(["0"] * 10, False)
    kept, notes = without_unlearnable([good, bad, named])
    assert [target is other for target, other in zip(kept, (good, named), strict=True)] == [
        True
    ] * 2
    assert notes == ["t: left out, all of its 10 labels are '0'"]


def test_notes_on_single_labels() -> None:
    labels = np.tile([[0.0, 1.0, 0.0, np.nan], [1.0, 1.0, 1.0, np.nan]], (5, 1))
    labels[6:8, 2] = np.nan
    task = Task("m", "multilabel", ("a", "b", "c", "d"))
    notes = [*notes_on_labels(Target(task, KINDS["multilabel"], labels, ()), PARTS)]
    assert notes == [
        "m: 'b' is always 1 in the train part, so it is not learned",
        "m: 'c' has no label in the validation part",
        "m: 'd' has no label in the train part, so it is not learned",
        "m: 'd' has no label in the validation part",
        "m: 'd' has no label in the test part",
    ]
    assert not [*notes_on_labels(_binary(["0"] * 10), PARTS)]
