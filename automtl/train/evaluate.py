"""Predictions and metrics of a trained network."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from automtl.core.task import Floats, Task, TaskKind
from automtl.data.dataset import Array

CHUNK = 8192  # rows predicted at a time


def predict(
    network: nn.Module, tasks: Sequence[Task], kinds: Sequence[TaskKind], inputs: torch.Tensor
) -> dict[str, Floats]:
    """
    What the user sees for each task, ``[n_rows, n_values]``: the mean of the members' predictions.

    :param network: A network of all ``tasks``, or of some of them.
    """
    network.eval()
    found: dict[str, list[Floats]] = {}
    with torch.no_grad():
        for chunk in torch.split(inputs, CHUNK):
            outputs = network(chunk)
            for task, kind in zip(tasks, kinds, strict=True):
                if task.name in outputs:
                    values = kind.predict(outputs[task.name]).mean(1)
                    found.setdefault(task.name, []).append(values.double().cpu().numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def evaluate(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> dict[str, dict[str, float]]:
    """All metrics of each task on the labels that are there; targets ``[n_rows, n_tasks]``."""
    return {
        task.name: {
            name: metric.score(*_labelled(predictions[task.name], kind, column))
            for name, metric in kind.metrics.items()
        }
        for task, kind, column in zip(tasks, kinds, targets.T, strict=True)
    }


def errors(
    metrics: Mapping[str, Mapping[str, float]], tasks: Sequence[Task], kinds: Sequence[TaskKind]
) -> dict[str, float]:
    """Each task's error: how far the metric that defines its gain is from perfection."""
    return {
        task.name: abs(kind.metrics[name].best - metrics[task.name][name])
        for task, kind in zip(tasks, kinds, strict=True)
        for name in [task.metric or kind.primary]
    }


def constant_errors(
    tasks: Sequence[Task], kinds: Sequence[TaskKind], targets: Array
) -> dict[str, float]:
    """Each task's error of the best constant prediction: the scale of its errors."""
    predictions = {
        task.name: np.tile(kind.constant(), (len(targets), 1))
        for task, kind in zip(tasks, kinds, strict=True)
    }
    return errors(evaluate(predictions, tasks, kinds, targets), tasks, kinds)


def _labelled(predictions: Floats, kind: TaskKind, column: Array) -> tuple[Floats, Floats]:
    there = ~np.isnan(column)
    return predictions[there], kind.decode(column[there].astype(np.float64))
