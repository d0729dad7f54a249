"""Data in plain words."""

from collections.abc import Iterator

import numpy as np

from automtl.core.task import Task, TaskKind
from automtl.data.dataset import Array, MultiTaskData
from automtl.data.table import Column, ColumnKind


def describe(data: MultiTaskData) -> list[str]:
    """A line on the rows, one on each input and each task, and the notes."""
    return list(_lines(data))


def _lines(data: MultiTaskData) -> Iterator[str]:
    sizes = [len(part.rows) for part in (data.train, data.validation, data.test)]
    yield f"{sum(sizes)} rows: {sizes[0]} to train, {sizes[1]} to validate, {sizes[2]} to test"
    for name, column in data.table.items():
        yield f"input {name}: {column.kind}, {_missing(_n_missing(column))}"
    targets = np.concatenate([data.train.targets, data.validation.targets, data.test.targets])
    for task, kind, labels in zip(data.tasks, data.kinds, targets.T, strict=True):
        yield _task(task, kind, labels)
    yield from (f"note: {note}" for note in data.notes)


def _task(task: Task, kind: TaskKind, labels: Array) -> str:
    missing = int(np.isnan(labels).sum())
    line = f"task {task.name}: {task.kind}, {len(labels) - missing} labels, {_missing(missing)}"
    counts = [f"{name} {int((labels == i).sum())}" for i, name in enumerate(kind.classes)]
    return f"{line}; {', '.join(counts)}" if counts else line


def _n_missing(column: Column) -> int:
    if column.kind == ColumnKind.CATEGORICAL:
        return int((column.values == "").sum())
    return int(np.isnan(column.values).sum())


def _missing(count: int) -> str:
    return f"{count} missing" if count else "none missing"
