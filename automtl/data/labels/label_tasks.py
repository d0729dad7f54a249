"""A set of labels as several tasks: one for each label, or one for each cluster of many."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Floats
from automtl.data.check import check_metric, check_options
from automtl.data.files.source import Source
from automtl.data.labels.clusters import label_clusters
from automtl.data.labels.targets import Target, refusal
from automtl.data.parts.strata import Rows
from automtl.data.request import TargetRequest
from automtl.plugins import Plugins

MAX_SPLIT = 30  # labels that become a task each; more become a task for each cluster


def with_label_tasks(
    requests: Collection[TargetRequest],
    targets: Sequence[Target],
    train: Rows,
    source: Source,
    plugins: Plugins,
) -> list[Target]:
    """
    The targets, those whose labels are to be split as several.

    :raises DataError: If two tasks would have one name, the new tasks do not have what the target
        asks for, or no label is left.
    """
    asked = {request.name: request for request in requests if request.split_labels}
    found: list[Target] = []
    for target in targets:
        request = asked.get(target.task.name)
        own = [target] if request is None else _split(request, target, train, source, plugins)
        if clash := {t.task.name for t in found} & {t.task.name for t in own}:
            raise source.error(
                f"each task has a name of its own, but two would be '{min(clash)}', as labels "
                f"become tasks. Rename the column, the label or the target."
            )
        found += own
    return found


def _split(
    request: TargetRequest, target: Target, train: Rows, source: Source, plugins: Plugins
) -> list[Target]:
    binary = target.labels.shape[1] <= MAX_SPLIT
    kind = plugins.task_kinds["binary"] if binary else target.kind
    check_metric(request, kind, source)
    check_options(request, kind, source)
    return split_labels(target, train, source, plugins)


def split_labels(target: Target, train: Rows, source: Source, plugins: Plugins) -> list[Target]:
    """
    A target with a set of labels as one of two classes for each label; if there are more than
    `MAX_SPLIT`, as one with a set for each cluster of labels that occur together in training. A
    label that training rows do not have both with and without is left out, with a note; what else
    may be amiss with one of the others is for `without_unlearnable` to find.

    :raises DataError: If no label is left.
    """
    names, task = target.task.columns, target.task
    labels = target.labels[train]
    both = (labels == 0).any(0) & (labels == 1).any(0)
    notes = [
        f"{task.name}: '{name}' is left out, as it is never 0, or never 1, in the train part"
        for name, learnable in zip(names, both.tolist(), strict=True)
        if not learnable
    ]
    if not both.any():
        raise refusal(
            target,
            source,
            "a label must be 0 in some training rows and 1 in others, but this holds for none.",
        )
    columns = np.flatnonzero(both).tolist()
    made = (
        [_binary(target, column, plugins) for column in columns]
        if len(names) <= MAX_SPLIT
        else _clusters(target, columns, train)
    )
    first = replace(made[0], notes=(*target.notes, *notes, *made[0].notes))
    return [first, *made[1:]]


def _binary(target: Target, column: int, plugins: Plugins) -> Target:
    kind, name = plugins.task_kinds["binary"], target.task.columns[column]
    task = replace(target.task, name=name, kind=kind.name, columns=(name,), target=target.task.name)
    return Target(task, kind, _as_words(target.labels[:, column]), (), optional=True)


def _clusters(target: Target, columns: Sequence[int], train: Rows) -> list[Target]:
    """A target for each cluster of these columns."""
    task, labels = target.task, target.labels[:, columns]
    clusters = label_clusters(labels[train])
    note = f"{task.name}: {len(columns)} labels in {len(clusters)} clusters of those that "
    return [
        replace(
            target,
            task=replace(
                task,
                name=f"{task.name}_{number}",
                target=task.name,
                columns=tuple(task.columns[columns[at]] for at in cluster),
            ),
            labels=labels[:, cluster],
            notes=(f"{note}occur together",) if number == 1 else (),
        )
        for number, cluster in enumerate(clusters, start=1)
    ]


def _as_words(labels: Floats) -> NDArray[Any]:
    """Labels of 0 and 1 as text, None where missing."""
    words = np.array(["0", "1", None], dtype=object)
    return words[np.where(np.isnan(labels), 2, labels).astype(np.int64)]
