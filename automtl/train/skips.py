"""The skips of all tasks, fitted once: every training starts from them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.space import KERNEL_SKIP, NO_SKIP, SearchSpace
from automtl.core.task import Task, TaskKind
from automtl.core.trial import Order
from automtl.data.dataset import FittedSkip, MultiTaskData, Part, TrainingData
from automtl.data.parts.bagging import bagged
from automtl.model.inputs import as_inputs, chunks
from automtl.model.skips.calibrate import calibrate
from automtl.model.skips.kernel import KernelSkip, choose_landmarks, fit_kernel
from automtl.model.skips.linear import LinearSkip, fit_linear
from automtl.plugins import Plugins
from automtl.train.losses import TaskLosses, slices
from automtl.train.part import PartStore
from automtl.train.rows import rows_of

CPU = torch.device("cpu")
CHUNK = 1024  # rows whose similarities to all landmarks are in memory at a time


def fit_skip(name: str, data: TrainingData, plugins: Plugins) -> FittedSkip:
    """
    Fits a skip to the outputs of each task, and brings it to the scale of the outputs, which the
    task's own loss decides. Outputs of kinds without `TaskKind.linear` stay at zero.

    :param name: ``linear`` or ``kernel``.
    """
    kinds = data.fitted_kinds(plugins.task_kinds)
    wanted = _wanted(data.train, kinds)
    skip, offsets = _fitted(name, data, wanted)
    outputs = slices([kind.n_outputs for kind in kinds])
    targets = slices([kind.n_targets for kind in kinds])
    for task, kind, own, columns in zip(data.tasks, kinds, outputs, targets, strict=True):
        if not wanted[:, own].isfinite().any():
            offsets[:, own] = 0
            continue
        there = torch.from_numpy(~np.isnan(data.train.targets[:, columns]).all(1))
        scale, shift = _calibration(task, kind, data.train, columns, offsets[:, own][there])
        offsets[:, own] = offsets[:, own] * scale + shift
        skip.weight[..., own] *= scale
        skip.bias[own] = skip.bias[own] * scale + shift
    rows = as_inputs(data.validation.inputs, CPU)
    with torch.no_grad():
        validation = torch.cat([skip(chunk) for chunk in chunks(rows, CHUNK)])
    return FittedSkip(skip.weight.numpy(), skip.bias.numpy(), offsets.numpy(), validation.numpy())


def _fitted(
    name: str, data: TrainingData, wanted: Tensor
) -> tuple[LinearSkip | KernelSkip, Tensor]:
    """The skip, and the offsets of the rows for training."""
    inputs = as_inputs(data.train.inputs, CPU)
    if name == KERNEL_SKIP:
        return fit_kernel(inputs, wanted, torch.from_numpy(data.landmarks))
    return fit_linear(inputs, wanted, data.layout)


def with_skips(data: MultiTaskData, space: SearchSpace, plugins: Plugins) -> MultiTaskData:
    """The data with the skips that networks of the search space have."""
    names = [str(name) for name in space.skip.values if name != NO_SKIP]
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the sums of several threads differ from one machine to the next
    try:
        if KERNEL_SKIP in names:
            data = replace(data, landmarks=_landmarks(data))
        training = data.for_training()
        skips = {name: fit_skip(name, training, plugins) for name in names}
        return replace(data, skips=skips) if skips else data
    finally:
        torch.set_num_threads(n_threads)


def _landmarks(data: MultiTaskData) -> NDArray[np.float32]:
    """Of the rows for training by ``split``: bags have the same ones."""
    inputs = as_inputs(data.train.inputs, CPU)
    found: NDArray[np.float32] = choose_landmarks(inputs, _wanted(data.train, data.kinds)).numpy()
    return found


def bagged_for(
    order: Order, data: TrainingData, plugins: Plugins, store: PartStore
) -> TrainingData:
    """
    The rows as ``order`` divides them, with those skips, fitted to the new training rows, that the
    data has and the order has any use for.
    """
    if order.bag is None:
        return data
    bag, divided = order.bag, bagged(data, order.bag)
    used = {str(part.hyperparameters.get("skip")) for part in order.candidate.parts}
    skips = {
        name: store.skip(name, bag, partial(fit_skip, name, divided, plugins))
        for name in sorted(used & data.skips.keys())
    }
    return replace(divided, skips=skips)


def _wanted(part: Part, kinds: Sequence[TaskKind]) -> Tensor:
    """What the outputs should be, ``[n_rows, n_outputs]``; NaN where that is unknown."""
    found = []
    for kind, own in zip(kinds, slices([kind.n_targets for kind in kinds]), strict=True):
        targets = part.targets[:, own].astype(np.float64)
        outputs = kind.linear(targets if kind.several else targets[:, 0])
        found.append(
            np.full((len(targets), kind.n_outputs), np.nan) if outputs is None else outputs
        )
    return torch.from_numpy(np.concatenate(found, axis=1, dtype=np.float32))


def _calibration(
    task: Task, kind: TaskKind, part: Part, columns: slice, scores: Tensor
) -> tuple[Tensor, Tensor]:
    """Scale and shift of a task's scores, of the rows that have a label."""
    losses = TaskLosses([task.name], [kind], [1.0], CPU)
    rows = rows_of(part, range(*columns.indices(columns.stop)), CPU)
    return calibrate(scores, lambda outputs: losses({task.name: outputs.unsqueeze(1)}, rows)[0])
