"""Arrays of the data set as tensors to train on."""

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.task import TaskKind
from automtl.data.dataset import Part, TrainingData
from automtl.plugins import Plugins
from automtl.train.losses import Rows


def as_tensor(array: NDArray[np.float32], device: torch.device) -> Tensor:
    """``array`` on ``device``, without a copy where none is needed, even if it is read-only."""
    with warnings.catch_warnings():  # nobody writes to it
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array).to(device)


def rows_of(part: Part, columns: Sequence[int], device: torch.device) -> Rows:
    """
    The rows of ``part`` with the targets of these columns. Rows without any of these labels are
    left out: they would only dilute the batches.
    """
    targets = part.targets[:, columns]
    known = ~np.isnan(targets)
    inputs = part.inputs
    if not known.any(1).all():
        there = known.any(1)
        inputs, targets, known = inputs[there], targets[there], known[there]
    labelled = None if known.all() else as_tensor(known.astype(np.float32), device)
    zeroed = np.where(known, targets, np.float32(0))
    return Rows(as_tensor(inputs, device), as_tensor(zeroed, device), labelled)


def training_rows(
    tasks: Sequence[str], data: TrainingData, plugins: Plugins, device: torch.device
) -> tuple[Rows, list[TaskKind]]:
    """The training rows with the targets of ``tasks``, in this order, and the tasks' kinds."""
    names, kinds = [task.name for task in data.tasks], data.fitted_kinds(plugins.task_kinds)
    columns = [names.index(task) for task in tasks]
    return rows_of(data.train, columns, device), [kinds[column] for column in columns]
