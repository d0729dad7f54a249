"""The columns of labels of all tasks, one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Task, TaskKind
from automtl.data.dataset import MultiTaskData

Floats: TypeAlias = NDArray[np.float64]

FLAGS = ("0", "1")  # the classes of a label that is one of several


@dataclass(frozen=True)
class LabelColumn:
    """
    One column of labels.

    :param task: The task it belongs to.
    :param name: The name of the task, or of one of its several columns.
    :param values: ``[n_rows]``, NaN where missing: the rows for training, then for validation, then
        for testing. A class is its index.
    :param classes: What the classes are called; none for numbers.
    """

    task: str
    name: str
    values: Floats
    classes: tuple[str, ...]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, ``[n_rows]``."""
        return ~np.isnan(self.values)


def label_columns(data: MultiTaskData) -> list[LabelColumn]:
    """All columns of labels, in the order of the targets' columns, without names of groups."""
    parts = (data.train, data.validation, data.test)
    targets = np.concatenate([part.targets for part in parts]).astype(np.float64)
    ends = np.cumsum([kind.n_targets for kind in data.kinds])[:-1]
    slices = np.split(targets, ends, axis=1)
    triples = zip(data.tasks, data.kinds, slices, strict=True)
    return [column for triple in triples for column in _of_task(*triple)]


def _of_task(task: Task, kind: TaskKind, targets: Floats) -> Iterator[LabelColumn]:
    n_labels = kind.n_targets - kind.grouped
    classes = FLAGS if kind.flags else () if n_labels > 1 else kind.classes
    values = targets
    if not classes:  # in the target's own units
        values = kind.decode(targets if kind.several else targets[:, 0]).reshape(targets.shape)
    for number in range(n_labels):
        yield LabelColumn(task.name, _name(task, kind, number), values[:, number], classes)


def _name(task: Task, kind: TaskKind, number: int) -> str:
    n_labels = kind.n_targets - kind.grouped
    if n_labels == 1:
        return task.name
    for names in (kind.columns, task.columns):
        if len(names) == n_labels:
            return names[number]
    return f"{task.name} {number + 1}"
