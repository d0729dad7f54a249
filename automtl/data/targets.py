"""Columns that become tasks: their labels and kinds."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from automtl.core.task import Task, TaskKind
from automtl.data.check import check_metric
from automtl.data.infer import infer_task_kind, to_column
from automtl.data.request import TargetRequest
from automtl.data.source import Source
from automtl.data.split import PARTS, Rows
from automtl.data.table import ColumnKind
from automtl.data.text import NULLS
from automtl.errors import DataError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean

MIN_LABELS = len(PARTS)  # of each class: one in each part of the split


@dataclass(frozen=True)
class Target:
    """
    A task with its labels.

    :param labels: ``[n_rows]``: floats with NaN where missing if the kind is numeric, else strings
        with None where missing.
    :param notes: What was inferred or repaired.
    """

    task: Task
    kind: type[TaskKind]
    labels: NDArray[Any]
    notes: tuple[str, ...]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a label, ``[n_rows]``."""
        if self.kind.numeric:
            return np.asarray(~np.isnan(self.labels))
        return np.array([label is not None for label in self.labels.tolist()])


def read_target(
    request: TargetRequest, texts: pa.ChunkedArray, source: Source, plugins: Plugins
) -> Target:
    """
    Reads the labels of one target, written as ``texts``.

    :raises DataError: If there are not two distinct labels, a label is not a number though the
        kind wants one, or the kind that was inferred does not have the metric.
    """
    column, notes = request.column, []
    name = request.kind
    if name is None:
        name, reason = infer_task_kind(texts)
        notes.append(f"{column}: {name} ({reason})")
    if name not in plugins.task_kinds:
        mend = did_you_mean(name, plugins.task_kinds)
        raise source.error(f"looks like {name}, but no plugin offers it; {mend}", column)
    kind = plugins.task_kinds[name]
    check_metric(request, kind, source)
    labels = _labels(texts, kind, source, column)
    if kind.numeric and (infinite := int(np.isnan(labels).sum()) - _n_missing(texts)):
        notes.append(f"{column}: {infinite} infinite labels count as missing")
    task = Task(column, name, column, request.metric, request.weight)
    target = Target(task, kind, labels, tuple(notes))
    _check_variety(target, source)
    return target


def check_rare_classes(target: Target, source: Source) -> None:
    """
    Checks that every class can be in every part of the split.

    :raises DataError: If a class has too few labels; the message says where they are.
    """
    if target.kind.numeric:
        return
    counts = Counter(target.labels[target.known].tolist())
    for label, count in counts.items():
        if count < MIN_LABELS:
            places = " and ".join(source.place(int(row)) for row in _rows_of(target, label))
            raise source.error(
                f"every class must have at least {MIN_LABELS} rows, one for each part of the "
                f"split, but '{label}' has {count}, on {places}. Merge it with another class, "
                f"leave these labels empty, name a split column, or say that the kind is "
                f"regression if the labels are quantities.",
                target.task.column,
            )


def check_parts(target: Target, parts: tuple[Rows, Rows, Rows], source: Source) -> None:
    """
    Checks that the split leaves something to learn from and to judge by.

    :raises DataError: If a part has no label, or a class has no training row.
    """
    for name, rows in zip(PARTS, parts, strict=True):
        if not target.known[rows].any():
            raise source.error(
                f"every part of the split must have labels, but the {name} part has none among "
                f"its {len(rows)} rows. Split in another way, or leave the target out.",
                target.task.column,
            )
    if target.kind.numeric:
        return
    learnt = set(target.labels[parts[0]].tolist())
    for label in sorted(set(target.labels[target.known].tolist()) - learnt):
        place = source.place(int(_rows_of(target, label)[0]))
        raise source.error(
            f"every class must be in the train part of the split, but '{label}', on {place}, is "
            f"not. Split in another way, or leave these labels empty.",
            target.task.column,
        )


def fit_kind(target: Target, train: Rows, source: Source) -> TaskKind:
    """
    The target's kind, fitted to its labels.

    :raises DataError: If the kind refuses the labels.
    """
    mask = np.zeros(len(target.labels), dtype=bool)
    mask[train] = True
    try:
        return target.kind.fit(target.labels, mask)
    except DataError as error:
        raise source.error(str(error), target.task.column) from None


def _labels(
    texts: pa.ChunkedArray, kind: type[TaskKind], source: Source, name: str
) -> NDArray[Any]:
    wanted = ColumnKind.NUMERIC if kind.numeric else ColumnKind.CATEGORICAL
    try:
        values = to_column(texts, wanted, source, name).values
    except DataError as error:
        raise DataError(f"{error} (It is the target of a {kind.name} task.)") from None
    if not kind.numeric:
        values[values == ""] = None
    return values


def _n_missing(texts: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.is_in(texts.fill_null(""), pa.array(NULLS))).as_py())


def _check_variety(target: Target, source: Source) -> None:
    known = target.labels[target.known].tolist()
    if not known:
        raise source.error("a target must have labels, but all are missing.", target.task.column)
    if len(set(known)) < 2:
        raise source.error(
            f"a target must have at least two distinct labels, but all {len(known)} are "
            f"'{known[0]}'. Leave it out of the targets.",
            target.task.column,
        )


def _rows_of(target: Target, label: str) -> Rows:
    return np.flatnonzero(target.labels == label)
