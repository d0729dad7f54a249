from collections.abc import Callable
from dataclasses import replace
from math import nan
from typing import Any

from pytest import fixture, mark

from automtl.core.thresholds import RULES as ALL_RULES
from automtl.report.columns import ColumnSummary
from automtl.report.summary import Member, SetSummary, Summary, TaskSummary
from automtl.report.tasks import (
    RULES,
    about,
    about_tasks,
    left_out,
    noteworthy,
    on_kind,
    on_sets,
)

Maker = Callable[..., Summary]


@fixture
def task(summary: Maker) -> TaskSummary:
    """A set of three labels: one without positives on test, one without any in training."""
    found = summary(("tags",)).tasks[0]
    columns = (
        ColumnSummary("red", (60, 20, 20), (30, 10, 9), 0.4, {"log_loss": 0.3, "f1": 0.8}),
        ColumnSummary("rare", (60, 20, 20), (2, 1, 0), 0.25, {"log_loss": 0.1, "f1": nan}),
        ColumnSummary("never", (60, 20, 20), (0, 0, 0), 0.5, {"log_loss": 0.1, "f1": nan}),
    )
    return replace(
        found, kind="multilabel", columns=columns, options={"rule": "balanced", "objective": "x"}
    )


def test_labels_that_means_leave_out_are_counted_and_named(task: TaskSummary) -> None:
    assert left_out(task) == {("rare", "never"): ["f1"]}
    text = "\n".join(about(task))
    assert "f1 leaves out 2 of 3 labels, whose test labels do not define it: rare and never" in text
    assert "nothing is learned of them: never" in text


def test_thresholds_are_told_with_their_rule_and_where_they_were_chosen(task: TaskSummary) -> None:
    (_, line, *_) = about(task)
    assert "a probability of its own on, from 0.25 to 0.5, by the rule balanced (" in line
    assert RULES["balanced"] in line
    assert "chosen on the validation rows" in line
    assert " for x" not in line  # the rule pursues no objective
    same = replace(task, options={}, columns=task.columns[:1])
    assert "from a probability of 0.4 on, chosen on" in about(same)[1]
    assert "the 2 most probable labels" in about(replace(task, top_k=2))[1]


def test_bags_find_thresholds_on_rows_they_did_not_learn_from(
    summary: Maker, task: TaskSummary
) -> None:
    members = (Member("d", 0, "tags", "k0", (0, 2)), Member("d", 1, "tags", "k1", (1, 2)))
    found = replace(summary(("tags",)), tasks=(task,), members=members)
    assert any("had not learned from it" in line for line in about_tasks(found))
    assert not any("had not" in line for line in about_tasks(replace(found, members=())))


def test_every_rule_has_words() -> None:
    assert set(RULES) == set(ALL_RULES)


@mark.parametrize(
    ("changes", "line"),
    [
        ({}, "regression"),
        ({"sources": ("a",)}, "regression"),
        ({"sources": ("relevance", "query")}, "regression, from relevance and query"),
        ({"loss": "huber", "head": "chain"}, "regression, loss huber, head chain"),
        ({"kind": "ordinal", "classes": ("low", "high")}, "ordinal of low < high"),
        ({"kind": "multiclass", "classes": tuple("abcdefghij")},
         "multiclass of a, b, c, d, e, f, g, … (10)"),
    ],
)  # fmt: skip
def test_a_task_in_a_line(summary: Maker, changes: dict[str, Any], line: str) -> None:
    found = replace(summary(("a",)).tasks[0], **changes)
    assert on_kind(found) == line


def test_plain_tasks_are_not_noteworthy(summary: Maker, task: TaskSummary) -> None:
    made = summary(("a", "b"))
    assert noteworthy(made) == []
    assert about_tasks(made) == ["a and b: regression"]
    odd = replace(made.tasks[0], loss="huber")
    assert noteworthy(replace(made, tasks=(odd, task)))[0] == "a: regression, loss huber"


def test_columns_are_named_once(task: TaskSummary) -> None:
    found = replace(task, sources=("red", "rare", "never"))
    assert on_kind(found) == "multilabel of 3 labels (red, rare, never)"


def test_a_set_of_labels_that_are_tasks_has_a_line(summary: Maker) -> None:
    made = summary(("a", "b"))
    test = {"log_loss": 0.3, "hamming_loss": 0.125, "macro_f1": 0.75}
    one = SetSummary("tags", ("a", "b"), test, test, test)
    line = "tags, its labels together: hamming_loss 0.125, macro_f1 0.75"
    assert on_sets(replace(made, sets=(one,))) == [line]
    assert on_sets(made) == []
