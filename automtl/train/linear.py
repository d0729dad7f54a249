"""The linear skip of all tasks, fitted once: every training starts from it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from automtl.core.space import LINEAR_SKIP, SearchSpace
from automtl.core.task import Task, TaskKind
from automtl.core.trial import Order
from automtl.data.dataset import Linear, MultiTaskData, Part, TrainingData
from automtl.data.parts.bagging import bagged
from automtl.model.skip import calibrate, fit_skip
from automtl.plugins import Plugins
from automtl.train.losses import TaskLosses, slices
from automtl.train.part import PartStore
from automtl.train.rows import rows_of
from automtl.train.sparse import as_inputs

CPU = torch.device("cpu")


def fit_linear(data: TrainingData, plugins: Plugins) -> Linear:
    """
    Fits a ridge regression to each output of each task, and brings it to the scale of the outputs,
    which the task's own loss decides. Outputs of kinds without `TaskKind.linear` stay at zero.
    """
    kinds = data.fitted_kinds(plugins.task_kinds)
    inputs = as_inputs(data.train.inputs, CPU)[:]
    wanted = torch.from_numpy(_wanted(data.train, kinds))
    skip, offsets = fit_skip(inputs, wanted, data.layout)
    outputs = slices([kind.n_outputs for kind in kinds])
    targets = slices([kind.n_targets for kind in kinds])
    for task, kind, own, columns in zip(data.tasks, kinds, outputs, targets, strict=True):
        if not wanted[:, own].isfinite().any():
            offsets[:, own] = 0
            continue
        there = torch.from_numpy(~np.isnan(data.train.targets[:, columns]).all(1))
        scale, shift = _calibration(task, kind, data.train, columns, offsets[:, own][there])
        offsets[:, own] = offsets[:, own] * scale + shift
        skip.weight[:, own] *= scale
        skip.bias[own] = skip.bias[own] * scale + shift
    with torch.no_grad():
        validation = skip(as_inputs(data.validation.inputs, CPU)[:])
    return Linear(skip.weight.numpy(), skip.bias.numpy(), offsets.numpy(), validation.numpy())


def with_linear(data: MultiTaskData, space: SearchSpace, plugins: Plugins) -> MultiTaskData:
    """The data with the linear skip, if the search space has networks with one."""
    if LINEAR_SKIP not in space.skip.values:
        return data
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the sums of several threads differ from one machine to the next
    try:
        return replace(data, linear=fit_linear(data.for_training(), plugins))
    finally:
        torch.set_num_threads(n_threads)


def bagged_for(
    order: Order, data: TrainingData, plugins: Plugins, store: PartStore
) -> TrainingData:
    """
    The rows as ``order`` divides them, with a linear skip of the new training rows if the data had
    one and the order has any use for it.
    """
    if order.bag is None:
        return data
    divided = bagged(data, order.bag)
    skips = (part.hyperparameters.get("skip") for part in order.candidate.parts)
    if data.linear is None or LINEAR_SKIP not in skips:
        return divided
    return replace(divided, linear=store.linear(order.bag, lambda: fit_linear(divided, plugins)))


def _wanted(part: Part, kinds: Sequence[TaskKind]) -> NDArray[np.float32]:
    """What the outputs should be, ``[n_rows, n_outputs]``; NaN where that is unknown."""
    found = []
    for kind, own in zip(kinds, slices([kind.n_targets for kind in kinds]), strict=True):
        targets = part.targets[:, own].astype(np.float64)
        outputs = kind.linear(targets if kind.several else targets[:, 0])
        found.append(
            np.full((len(targets), kind.n_outputs), np.nan) if outputs is None else outputs
        )
    return np.concatenate(found, axis=1, dtype=np.float32)


def _calibration(
    task: Task, kind: TaskKind, part: Part, columns: slice, scores: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift of a task's scores, of the rows that have a label."""
    losses = TaskLosses([task.name], [kind], [1.0], CPU)
    rows = rows_of(part, range(*columns.indices(columns.stop)), CPU)
    return calibrate(scores, lambda outputs: losses({task.name: outputs.unsqueeze(1)}, rows)[0])
