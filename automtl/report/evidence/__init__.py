"""
The evidence of what each task's predictions are worth on test, as JSON data: what the pictures of
the report are drawn from. It holds no more of the rows than some true and predicted labels, and is
of bounded size.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from automtl.core.task import Floats, Task, TaskKind
from automtl.data.dataset import Array
from automtl.report.evidence.classes import class_evidence
from automtl.report.evidence.detail import Detail
from automtl.report.evidence.labels import label_evidence
from automtl.report.evidence.queries import query_evidence
from automtl.report.evidence.values import value_evidence
from automtl.train.evaluate import task_pairs

__all__ = ["Detail", "evidence_json", "task_evidence"]


def evidence_json(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> str:
    """
    What ``evidence.json`` holds: ``rows``, how many there are, and the `task_evidence` of each of
    the ``tasks``.

    :param predictions: ``[n_rows, n_values]`` for each task, as `TaskKind.predict` gives them.
    :param kinds: As they were exported, with their thresholds.
    :param targets: ``[n_rows, n_targets]``.
    """
    detail = Detail.of(len(tasks))
    triples = task_pairs(predictions, tasks, kinds, targets)
    found = {
        "rows": len(targets),
        "tasks": {
            task.name: task_evidence(kind, given, wanted, detail)
            for task, (kind, given, wanted) in zip(tasks, triples, strict=True)
        },
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n"


def task_evidence(
    kind: TaskKind, predictions: Floats, targets: Floats, detail: Detail
) -> dict[str, Any]:
    """
    The evidence of one task: ``kind``, ``rows``, and what the shapes of its predictions and
    targets and the attributes of its kind allow; nothing else if that is unheard of.

    :param predictions: ``[n_rows, n_values]``, of rows with a label.
    :param targets: As metrics get them.
    """
    about = {"kind": kind.name, "rows": len(targets)}
    if not len(targets) or predictions.ndim != 2:
        return about
    known = np.isfinite(predictions).all(1)
    return (
        about | _found(kind, predictions[known], targets[known], detail) if known.any() else about
    )


def _found(kind: TaskKind, predictions: Floats, targets: Floats, detail: Detail) -> dict[str, Any]:
    n_values, one = predictions.shape[1], targets.ndim == 1
    names = kind.columns or ([""] if n_values == 1 else [str(place) for place in range(n_values)])
    if kind.classes:
        able = one and n_values == len(kind.classes)
        asked = (predictions, targets, kind.classes, kind.ordered, detail)
        return class_evidence(*asked) if able else {}
    if kind.grouped:
        able = not one and targets.shape[1] == 2 and n_values == 1
        return query_evidence(predictions, targets) if able else {}
    targets = targets[:, None] if one else targets
    if predictions.shape != targets.shape or len(names) != n_values:
        return {}
    if kind.flags:
        return label_evidence(predictions, targets, names, kind.decision, detail)
    return value_evidence(predictions, targets, names, kind.whole, detail)
