"""Predictions and metrics of a trained network."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from automtl.core.seed import derive_seed
from automtl.core.task import Floats, Task, TaskKind
from automtl.data.dataset import Array
from automtl.model.inputs import InputRows, chunks
from automtl.train.losses import slices

CHUNK = 1024  # rows predicted at a time
RESAMPLES = 20  # of the rows that errors are computed on


def predict(
    network: nn.Module, tasks: Sequence[Task], kinds: Sequence[TaskKind], inputs: InputRows
) -> dict[str, Floats]:
    """
    What the user sees for each task, ``[n_rows, n_values]``: the mean of the members' predictions.

    :param network: A network of all ``tasks``, or of some of them.
    """
    network.eval()
    found: dict[str, list[Floats]] = {}
    with torch.no_grad():
        for chunk in chunks(inputs, CHUNK):
            outputs = network(chunk)
            for task, kind in zip(tasks, kinds, strict=True):
                if task.name in outputs:
                    values = kind.predict(outputs[task.name][..., : kind.n_outputs]).mean(1)
                    found.setdefault(task.name, []).append(values.double().cpu().numpy())
    return {name: np.concatenate(parts) for name, parts in found.items()}


def evaluate(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> dict[str, dict[str, float]]:
    """All metrics of each task on the labels that are there; targets ``[n_rows, n_targets]``."""
    found = {}
    for task, (kind, given, wanted) in zip(
        tasks, task_pairs(predictions, tasks, kinds, targets), strict=True
    ):
        decided = kind.decide(given)
        found[task.name] = {
            name: metric.score(decided if metric.decided else given, wanted)
            for name, metric in kind.metrics.items()
        }
    return found


def evaluate_columns(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> dict[str, list[dict[str, float]]]:
    """
    The `TaskKind.column_metrics` of each column of each task, NaN where a column's labels do not
    define one: then the mean over columns leaves it out. None of kinds without such metrics.
    """
    pairs = task_pairs(predictions, tasks, kinds, targets)
    return {
        task.name: [_of_column(kind, given, wanted, at) for at in range(kind.n_targets)]
        for task, (kind, given, wanted) in zip(tasks, pairs, strict=True)
        if kind.column_metrics
    }


def tuned(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> tuple[TaskKind, ...]:
    """The kinds with what is chosen on validation, such as thresholds; arguments as above."""
    pairs = task_pairs(predictions, tasks, kinds, targets)
    return tuple(kind.tuned(given, wanted) for kind, given, wanted in pairs)


def errors(
    metrics: Mapping[str, Mapping[str, float]], tasks: Sequence[Task], kinds: Sequence[TaskKind]
) -> dict[str, float]:
    """Each task's error: how far the metric that defines its gain is from perfection."""
    return {
        task.name: abs(kind.metrics[name].best - metrics[task.name][name])
        for task, kind in zip(tasks, kinds, strict=True)
        for name in [task.metric or kind.primary]
    }


def resampled_errors(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> dict[str, list[float]]:
    """
    Each task's error on `RESAMPLES` bootstrap resamples of its labelled rows, to six digits: what
    chance in the choice of rows does to it (Efron, 1979, https://doi.org/10.1214/aos/1176344552).
    They are the same for the same targets, so that two networks can be compared in pairs. Nothing
    is found of tasks whose rows belong together, or whose metric some resample does not define.
    """
    found: dict[str, list[float]] = {}
    for task, (kind, given, wanted) in zip(
        tasks, task_pairs(predictions, tasks, kinds, targets), strict=True
    ):
        if kind.grouped:
            continue
        metric = kind.metrics[task.metric or kind.primary]
        judged = kind.decide(given) if metric.decided else given
        rng = np.random.default_rng(derive_seed(0, "resample", task.name))
        draws = rng.integers(len(wanted), size=(RESAMPLES, len(wanted)))
        scores = [metric.error(judged[rows], wanted[rows]) for rows in draws]
        if np.isfinite(scores).all():
            found[task.name] = [float(f"{score:.6g}") for score in scores]
    return found


def constant_errors(
    tasks: Sequence[Task], kinds: Sequence[TaskKind], targets: Array
) -> dict[str, float]:
    """Each task's error of the best constant prediction: the scale of its errors."""
    predictions = {
        task.name: np.tile(kind.constant(), (len(targets), 1))
        for task, kind in zip(tasks, kinds, strict=True)
    }
    return errors(evaluate(predictions, tasks, kinds, targets), tasks, kinds)


def _of_column(kind: TaskKind, given: Floats, wanted: Floats, at: int) -> dict[str, float]:
    """The metrics of one column, on the rows where it is there."""
    there, column = ~np.isnan(wanted[:, at]), slice(at, at + 1)
    decided = kind.decide(given)
    found = {}
    for name in kind.column_metrics:
        metric = kind.metrics[name]
        values = decided if metric.decided else given
        found[name] = metric.score(values[there, column], wanted[there, column])
    return found


def task_pairs(
    predictions: Mapping[str, Floats],
    tasks: Sequence[Task],
    kinds: Sequence[TaskKind],
    targets: Array,
) -> Iterator[tuple[TaskKind, Floats, Floats]]:
    """Each task's kind, and its predictions and decoded targets in the rows that have a target."""
    columns = slices([kind.n_targets for kind in kinds])
    for task, kind, own in zip(tasks, kinds, columns, strict=True):
        wanted = targets[:, own].astype(np.float64)
        there = ~np.isnan(wanted).all(1)
        known = wanted[there] if kind.several else wanted[there, 0]
        yield kind, predictions[task.name][there], kind.decode(known)
