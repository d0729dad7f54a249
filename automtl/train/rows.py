"""Arrays of the data set as tensors to train on."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from automtl.core.task import TaskKind
from automtl.data.dataset import Part, TrainingData
from automtl.model.inputs import as_inputs, as_tensor
from automtl.plugins import Plugins
from automtl.train.losses import Rows, slices


def rows_of(
    part: Part,
    columns: Sequence[int],
    device: torch.device,
    offsets: NDArray[np.float32] | None = None,
) -> Rows:
    """
    The rows of ``part`` with these columns of targets. Rows without any of these labels are left
    out: they would only dilute the batches.

    :param offsets: What is added to the outputs of these tasks, ``[n_rows, n_outputs]``.
    """
    targets = part.targets[:, columns]
    known, there = ~np.isnan(targets), with_labels(part, columns)
    inputs = part.inputs
    if not there.all():
        inputs, targets, known = inputs[there], targets[there], known[there]
        offsets = None if offsets is None else offsets[there]
    labelled = None if known.all() else as_tensor(known.astype(np.float32), device)
    zeroed = np.where(known, targets, np.float32(0))
    added = None if offsets is None else as_tensor(offsets, device)
    return Rows(as_inputs(inputs, device), as_tensor(zeroed, device), labelled, added)


def with_labels(part: Part, columns: Sequence[int]) -> NDArray[np.bool_]:
    """Which rows have any label in these columns of targets, ``[n_rows]``."""
    return np.asarray((~np.isnan(part.targets[:, columns])).any(1))


def columns_of(tasks: Sequence[str], data: TrainingData, sizes: Sequence[int]) -> list[int]:
    """
    The columns that belong to ``tasks``, in this order.

    :param sizes: How many columns each task of ``data`` has.
    """
    own = dict(zip([task.name for task in data.tasks], slices(sizes), strict=True))
    return [column for task in tasks for column in range(own[task].start, own[task].stop)]


def training_rows(
    tasks: Sequence[str], data: TrainingData, plugins: Plugins, device: torch.device
) -> tuple[Rows, list[TaskKind]]:
    """The training rows with the targets of ``tasks``, in this order, and the tasks' kinds."""
    names, kinds = [task.name for task in data.tasks], data.fitted_kinds(plugins.task_kinds)
    rows = rows_of(data.train, columns_of(tasks, data, [k.n_targets for k in kinds]), device)
    return rows, [kinds[names.index(task)] for task in tasks]
