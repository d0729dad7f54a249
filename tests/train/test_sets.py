"""Labels that are tasks of their own, against scikit-learn and against the same labels as a set."""

from dataclasses import replace

import numpy as np
from pytest import fixture
from sklearn.metrics import f1_score, hamming_loss, label_ranking_loss, roc_auc_score

from automtl.core.task import Floats, Task, TaskKind
from automtl.plugins import Plugins
from automtl.train.evaluate import evaluate
from automtl.train.sets import evaluate_sets, set_names

N_ROWS, N_LABELS = 60, 5
rng = np.random.default_rng(0)
PROBABILITIES = rng.random((N_ROWS, N_LABELS))
LABELS = (rng.random((N_ROWS, N_LABELS)) < PROBABILITIES).astype(np.float64)


@fixture(scope="module")
def kinds(plugins: Plugins) -> dict[str, type[TaskKind]]:
    return dict(plugins.task_kinds)


def _binary(kinds: dict[str, type[TaskKind]], labels: Floats) -> TaskKind:
    words = np.array(["0", "1"], dtype=object)[labels.astype(int)]
    return kinds["binary"].fit(words, np.ones(len(labels), dtype=bool))


def _several(kinds: dict[str, type[TaskKind]], labels: Floats) -> TaskKind:
    return kinds["multilabel"].fit(labels, np.ones(len(labels), dtype=bool))


def _split(
    kinds: dict[str, type[TaskKind]],
) -> tuple[list[Task], list[TaskKind], dict[str, Floats]]:
    """A task for each label, behind one that has nothing to do with them."""
    tasks = [Task("other", "binary", ("other",))]
    tasks += [Task(f"l{at}", "binary", (f"l{at}",), target="tags") for at in range(N_LABELS)]
    columns = np.column_stack([LABELS[:, 0], LABELS])
    fitted = [_binary(kinds, column) for column in columns.T]
    values = [np.column_stack([1 - p, p]) for p in (PROBABILITIES[:, 1], *PROBABILITIES.T)]
    return tasks, fitted, dict(zip([task.name for task in tasks], values, strict=True))


def test_a_task_for_each_label_is_judged_as_scikit_learn_judges_the_set(
    kinds: dict[str, type[TaskKind]],
) -> None:
    tasks, fitted, given = _split(kinds)
    targets = np.column_stack([LABELS[:, 0], LABELS]).astype(np.float32)
    scores = kinds["multilabel"].metrics
    (found,) = evaluate_sets(given, tasks, fitted, targets, scores).values()
    decided = PROBABILITIES > 0.5
    np.testing.assert_allclose(
        [found["hamming_loss"], found["macro_f1"], found["macro_auc"], found["ranking_loss"]],
        [
            hamming_loss(LABELS, decided),
            f1_score(LABELS, decided, average="macro"),
            roc_auc_score(LABELS, PROBABILITIES, average="macro"),
            label_ranking_loss(LABELS, PROBABILITIES),
        ],
    )
    assert found["subset_accuracy"] == (decided == LABELS).all(1).mean()


def test_clusters_are_judged_as_the_set_that_they_are(kinds: dict[str, type[TaskKind]]) -> None:
    targets = np.where(rng.random(LABELS.shape) < 0.2, np.nan, LABELS).astype(np.float32)
    targets[:3] = np.nan  # rows without any label
    whole = Task("tags", "multilabel", ())
    thresholds = (0.3, 0.4, 0.5, 0.6, 0.7)
    kind = replace(_several(kinds, LABELS), thresholds=thresholds)  # type: ignore[type-var]
    expected = evaluate({"tags": PROBABILITIES}, [whole], [kind], targets)["tags"]
    clusters = [slice(0, 2), slice(2, 5)]
    tasks = [Task(f"tags_{at}", "multilabel", (), target="tags") for at in (1, 2)]
    parts = [
        replace(_several(kinds, LABELS[:, own]), thresholds=thresholds[own])  # type: ignore[type-var]
        for own in clusters
    ]
    given = {t.name: PROBABILITIES[:, own] for t, own in zip(tasks, clusters, strict=True)}
    scores = kinds["multilabel"].metrics
    assert evaluate_sets(given, tasks, parts, targets, scores) == {"tags": expected}


def test_other_tasks_are_in_no_set(kinds: dict[str, type[TaskKind]]) -> None:
    tasks, fitted, given = _split(kinds)
    assert set_names(tasks) == {"tags": [task.name for task in tasks[1:]]}
    alone = [tasks[0]], [fitted[0]], LABELS[:, :1].astype(np.float32)
    assert evaluate_sets(given, *alone, kinds["multilabel"].metrics) == {}
