"""Smaller files, and what that costs each task."""

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.objective import gains
from automtl.data.dataset import MultiTaskData
from automtl.deploy.compare import columns_of_test, predictions
from automtl.deploy.compress import compressed
from automtl.deploy.cut import read
from automtl.deploy.metadata import METRICS_KEY, describe, metadata_of, metrics_json
from automtl.errors import ExportFailed
from automtl.exporting.wanted import Change, Wanted
from automtl.train.evaluate import constant_errors, errors, evaluate

Predictions: TypeAlias = Mapping[str, NDArray[np.float64]]  # by task, [n_rows, n_values]


def compress(
    made: Path, data: MultiTaskData, whole: Predictions, wanted: Wanted
) -> dict[str, Change]:
    """
    Makes an exported file smaller, in place, and notes its metrics in it.

    :param data: With kinds as the file has them.
    :param whole: What torch predicts on test for all tasks, those too that are not in the file.
    :return: The changes, by task.
    :raises ExportFailed: If a task loses too much.
    """
    model, schema = read(made.read_bytes())
    tasks = {output.task for output in schema.outputs}
    model = compressed(model, wanted.compression)
    made.write_bytes(model.SerializeToString(deterministic=True))
    scored = [
        evaluate(found, data.tasks, data.kinds, data.test.targets)
        for found in (whole, {**whole, **predictions(made, columns_of_test(data))})
    ]
    changes = {t: c for t, c in _changes(data, *scored).items() if t in tasks}
    check(changes, wanted)
    metrics = metrics_json({task: found for task, found in scored[1].items() if task in tasks})
    describe(model, metadata_of(model) | {METRICS_KEY: metrics})
    made.write_bytes(model.SerializeToString(deterministic=True))
    return changes


def _changes(
    data: MultiTaskData,
    before: Mapping[str, Mapping[str, float]],
    after: Mapping[str, Mapping[str, float]],
) -> dict[str, Change]:
    ours, theirs = (errors(scored, data.tasks, data.kinds) for scored in (after, before))
    found = gains(ours, theirs, constant_errors(data.tasks, data.kinds, data.test.targets))
    names = {
        task.name: task.metric or kind.primary
        for task, kind in zip(data.tasks, data.kinds, strict=True)
    }
    return {
        task: Change(name, before[task][name], after[task][name], found[task])
        for task, name in names.items()
    }


def check(changes: Mapping[str, Change], wanted: Wanted) -> None:
    """
    Makes sure that no task loses more than the tolerance.

    :raises ExportFailed: If one does.
    """
    for task, change in changes.items():
        same = change.before == change.after or not isfinite(change.before)
        if not same and not change.gain >= -wanted.tolerance:
            raise ExportFailed(
                f"With {wanted.compression.value} task '{task}' loses {-100 * change.gain:.2g} % "
                f"on test ({change.metric} {change.before:.4g} → {change.after:.4g}), more than "
                f"the tolerance of {100 * wanted.tolerance:g} %. No file was written."
            )
