"""The evidence of whole tasks, of the built-in kinds and of strangers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from pytest import mark

from automtl.core.task import Floats, Task, TaskKind
from automtl.plugins import Plugins
from automtl.report.evidence import Detail, evidence_json, task_evidence
from automtl.report.summary import Summary

ROWS = 400
ALL = np.ones(ROWS, dtype=bool)


@dataclass(frozen=True)
class Case:
    """A task: its kind, predictions, and targets as metrics get them."""

    kind: TaskKind
    predictions: Floats
    targets: Floats


def case(name: str, plugins: Plugins, size: int = 4) -> Case:
    """
    A task of a built-in kind.

    :param size: Classes, labels or columns.
    """
    rng, kind = np.random.default_rng(size), plugins.task_kinds[name]
    if name in ("binary", "multiclass", "ordinal"):
        size = 2 if name == "binary" else size
        classes = np.array([f"{place:03}" for place in range(size)], dtype=object)
        levels = np.arange(ROWS) % size
        options = {"levels": classes.tolist()} if name == "ordinal" else {}
        fitted = kind.fit(classes[levels], ALL, **options)
        return Case(fitted, rng.dirichlet(np.ones(size), ROWS), levels.astype(float))
    columns = [f"label_{'x' * 80}_{place}" for place in range(size)]
    if name == "multilabel":
        targets = (rng.random((ROWS, size)) < 0.4).astype(float)
        return Case(kind.fit(targets, ALL, columns=columns), rng.random((ROWS, size)), targets)
    if name == "multi_output":
        targets = rng.normal(size=(ROWS, size))
        return Case(kind.fit(targets, ALL, columns=columns), targets + 1, targets)
    if name == "ranking":
        targets = np.column_stack([rng.integers(0, 4, ROWS), np.arange(ROWS) // 10]).astype(float)
        return Case(kind.fit(targets, ALL), rng.normal(size=(ROWS, 1)), targets)
    targets = rng.poisson(3, ROWS).astype(float)
    return Case(kind.fit(targets, ALL), rng.random((ROWS, 1)) + 3, targets)


FOUND: Mapping[str, set[str]] = {
    "binary": {"confusion", "curves", "calibration"},
    "multiclass": {"confusion", "curves", "calibration"},
    "ordinal": {"confusion", "curves", "calibration"},
    "multilabel": {"thresholds", "curves", "cooccurrence", "calibration"},
    "regression": {"values"},
    "multi_output": {"values"},
    "count": {"values"},
    "ranking": {"ranking"},
}


@mark.parametrize("name", FOUND)
def test_each_kind_has_evidence_of_its_own(name: str, plugins: Plugins) -> None:
    one = case(name, plugins)
    found = task_evidence(one.kind, one.predictions, one.targets, Detail())
    assert set(found) == {"kind", "rows"} | FOUND[name]
    assert (found["kind"], found["rows"]) == (name, ROWS)
    json.dumps(found, allow_nan=False)
    if name in ("regression", "count"):
        assert ("bins" in found["values"]["shown"][0]) == (name == "count")


def test_every_built_in_kind_is_tried(plugins: Plugins) -> None:
    assert set(plugins.task_kinds) == set(FOUND)


def test_without_rows_there_is_none(plugins: Plugins) -> None:
    one = case("multiclass", plugins)
    found = task_evidence(one.kind, one.predictions[:0], one.targets[:0], Detail())
    assert found == {"kind": "multiclass", "rows": 0}


def stranger(**told: Any) -> Any:
    """A kind that is none of ours."""
    known = {"classes": (), "columns": (), "decision": None, "flags": False, "grouped": False}
    return SimpleNamespace(name="stranger", ordered=False, whole=False, **{**known, **told})


@mark.parametrize(
    ("told", "values", "targets", "found"),
    [
        ({"classes": ("a", "b")}, (20, 2), (20,), {"confusion", "curves", "calibration"}),
        ({"classes": ("a", "b")}, (20, 3), (20,), set()),
        ({"flags": True}, (20, 3), (20, 3), FOUND["multilabel"]),
        ({}, (20, 3), (20, 3), {"values"}),
        ({}, (20, 1), (20,), {"values"}),
        ({}, (20, 2), (20,), set()),
        ({}, (20, 4, 4), (20,), set()),
        ({"grouped": True}, (20, 1), (20,), set()),
    ],
)
def test_a_stranger_gets_what_shapes_allow(
    told: Mapping[str, Any], values: tuple[int, ...], targets: tuple[int, ...], found: set[str]
) -> None:
    rng = np.random.default_rng(0)
    wanted = (rng.random(targets) < 0.5).astype(float)
    evidence = task_evidence(stranger(**told), rng.random(values), wanted, Detail())
    assert set(evidence) == {"kind", "rows"} | found


def test_predictions_that_are_no_numbers_are_left_out() -> None:
    predictions, targets = np.ones((10, 1)), np.zeros(10)
    predictions[3] = np.nan
    found = task_evidence(stranger(), predictions, targets, Detail())
    assert found["values"]["shown"][0]["rows"] == 9


@mark.parametrize("n_tasks", [1, 10, 100])
def test_it_is_small_however_many_tasks_there_are(n_tasks: int, plugins: Plugins) -> None:
    cases = [case(name, plugins, 60) for name in FOUND]
    some = [cases[at % len(cases)] for at in range(n_tasks)]
    tasks = [Task(f"task {at} {'y' * 60}", one.kind.name, ()) for at, one in enumerate(some)]
    targets = np.column_stack([encoded(one) for one in some])
    kinds = [one.kind for one in some]
    predictions = {task.name: one.predictions for task, one in zip(tasks, some, strict=True)}
    text = evidence_json(predictions, tasks, kinds, targets.astype(np.float32))
    assert len(text.encode()) < 300_000
    assert list(json.loads(text)["tasks"]) == [task.name for task in tasks]


def encoded(one: Case) -> Floats:
    """Targets as the data hold them, ``[n_rows, n_targets]``."""
    targets = one.targets.reshape(ROWS, -1)
    kind: Any = one.kind
    if kind.name == "multi_output":
        targets = (targets - np.array(kind.means)) / np.array(kind.stds)
    if kind.name == "regression":
        targets = (targets - kind.mean) / kind.std
    return targets


def test_a_search_writes_it_and_it_agrees_with_the_metrics(finished: Summary) -> None:
    found = json.loads((finished.folder / "evidence.json").read_text())
    assert found["rows"] == finished.n_rows[2]
    for task in finished.tasks:
        evidence = found["tasks"][task.name]
        if "confusion" in evidence:
            accuracy = evidence["confusion"]["right"] / evidence["rows"]
            assert abs(accuracy - task.test["accuracy"]) < 1e-9
        if "roc_auc" in task.test:
            assert abs(evidence["curves"]["shown"][0]["auc"] - task.test["roc_auc"]) < 1e-3
