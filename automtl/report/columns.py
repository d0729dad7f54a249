"""The columns of a task with several: labels of a set, or numbers, as plain data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from automtl.core.task import Task, TaskKind
from automtl.data.dataset import MultiTaskData
from automtl.train.losses import slices


@dataclass(frozen=True)
class ColumnSummary:
    """
    One column of a task with several.

    :param known: How many labels it has for training, validation and testing.
    :param positives: How many of these are 1; None if it is not of 0 and 1.
    :param threshold: The probability from which on it is predicted, if it is decided so.
    :param test: Its own metrics on test, of the exported model; NaN where its labels do not define
        one, which a mean over columns then leaves out.
    """

    name: str
    known: tuple[int, int, int]
    positives: tuple[int, int, int] | None = None
    threshold: float | None = None
    test: Mapping[str, float] = field(default_factory=dict)


def column_summaries(
    data: MultiTaskData,
    kinds: Sequence[TaskKind],
    metrics: Mapping[str, Sequence[Mapping[str, float]]],
) -> dict[str, tuple[ColumnSummary, ...]]:
    """
    The columns of each task that has metrics for each of them.

    :param kinds: As they were exported, with their thresholds.
    :param metrics: What `evaluate_columns` gives for the exported model on test.
    """
    own = slices([kind.n_targets for kind in kinds])
    return {
        task.name: tuple(_columns(task, kind, data, columns, metrics[task.name]))
        for task, kind, columns in zip(data.tasks, kinds, own, strict=True)
        if task.name in metrics
    }


def _columns(
    task: Task,
    kind: TaskKind,
    data: MultiTaskData,
    own: slice,
    metrics: Sequence[Mapping[str, float]],
) -> Iterator[ColumnSummary]:
    parts = [part.targets[:, own] for part in (data.train, data.validation, data.test)]
    names = kind.columns or task.columns
    thresholds = None if kind.decision is None else kind.decision.thresholds
    for at, name in enumerate(names):
        train, validation, test = ((~np.isnan(part[:, at])).sum() for part in parts)
        ones = [int((part[:, at] == 1).sum()) for part in parts]
        yield ColumnSummary(
            name,
            (int(train), int(validation), int(test)),
            (ones[0], ones[1], ones[2]) if kind.flags else None,
            None if thresholds is None else thresholds[at],
            metrics[at],
        )
