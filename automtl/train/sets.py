"""Labels that are tasks of their own, judged as the set that they are together."""

from collections.abc import Mapping, Sequence

import numpy as np

from automtl.core.labels import chosen
from automtl.core.task import Floats, Metric, Task, TaskKind
from automtl.data.dataset import Array
from automtl.train.losses import slices


def set_names(tasks: Sequence[Task]) -> dict[str, list[str]]:
    """The tasks that each target was split into, by its name; nothing of others."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        if task.target:
            found.setdefault(task.target, []).append(task.name)
    return found


def evaluate_sets(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
    metrics: Mapping[str, Metric],
) -> dict[str, dict[str, float]]:
    """
    Metrics of all labels of a target together, on the rows that have any of them.

    :param predictions: As `TaskKind.predict` gives them, by task, ``[n_rows, n_values]``.
    :param targets: The columns of one task behind those of another, NaN where missing.
    :param metrics: Those of a set of labels.
    """
    of_task = {task.name: kind for task, kind in zip(tasks, kinds, strict=True)}
    columns = dict(zip(of_task, slices([kind.n_targets for kind in kinds]), strict=True))
    found = {}
    for target, names in set_names(tasks).items():
        pairs = [(of_task[name], predictions[name]) for name in names]
        given = np.column_stack([_probabilities(*pair) for pair in pairs])
        decided = np.column_stack([_decisions(*pair) for pair in pairs])
        wanted = np.column_stack([targets[:, columns[name]] for name in names]).astype(np.float64)
        there = ~np.isnan(wanted).all(1)
        found[target] = {
            name: metric.score((decided if metric.decided else given)[there], wanted[there])
            for name, metric in metrics.items()
        }
    return found


def _probabilities(kind: TaskKind, predictions: Floats) -> Floats:
    """Those of labels, ``[n_rows, n_labels]``: of one that is a task, or of a cluster of them."""
    return predictions if kind.several else predictions[:, 1:]


def _decisions(kind: TaskKind, predictions: Floats) -> Floats:
    if kind.several:
        return kind.decide(predictions)
    return chosen(predictions, ordered=False)[:, None].astype(np.float64)
