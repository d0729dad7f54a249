"""The losses of the tasks of one network, masked where labels are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TypeAlias

import torch
from torch import Tensor

from automtl.core.loss import Loss
from automtl.core.task import TaskKind
from automtl.model.inputs import InputRows

Outputs: TypeAlias = Mapping[str, Tensor]

SCALE_ROWS = 8192  # that the scale of a plugin's loss is taken from


@dataclass(frozen=True)
class Rows:
    """
    Some rows, as tensors.

    :param inputs: ``[n_rows, n_columns]``; those of a batch are a tensor.
    :param targets: ``[n_rows, n_targets]``, all columns of one task after those of another; zero
        where a label is missing.
    :param labelled: The same shape, 1.0 where there is a label, else 0.0; None if none is missing.
    :param offsets: What is added to the outputs, ``[n_rows, n_outputs]`` of all tasks; None for
        nothing.
    """

    inputs: InputRows
    targets: Tensor
    labelled: Tensor | None
    offsets: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: Tensor | slice) -> "Rows":
        labelled = None if self.labelled is None else self.labelled[rows]
        offsets = None if self.offsets is None else self.offsets[rows]
        return Rows(self.inputs[rows], self.targets[rows], labelled, offsets)

    def ordered(self, order: Tensor) -> "Rows":
        """The rows ``order``; inputs without zeros stay without."""
        if isinstance(self.inputs, Tensor):
            return self[order]
        labelled = None if self.labelled is None else self.labelled[order]
        offsets = None if self.offsets is None else self.offsets[order]
        return Rows(self.inputs.ordered(order), self.targets[order], labelled, offsets)


class TaskLosses:
    """
    The mean loss of each task over the labels that are there.

    Tasks whose kinds compute their loss alike are computed in one call. The loss of a task without
    a label in the batch is its last one, detached.

    :param tasks: The tasks, in the order that targets come in and losses go out.
    :param kinds: Their fitted kinds.
    :param weights: Their weights.
    :param device: Where the losses are computed.
    :param others: The losses of tasks that do not have their kind's own.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        kinds: Sequence[TaskKind],
        weights: Sequence[float],
        device: torch.device,
        others: Mapping[str, Loss] | None = None,
    ) -> None:
        self.tasks, self.kinds, self.others = tuple(tasks), tuple(kinds), dict(others or {})
        self.targets = slices([kind.n_targets for kind in kinds])
        self.outputs = slices([kind.n_outputs for kind in kinds])
        self.wide = any(kind.n_targets > 1 for kind in kinds)
        self.weights = torch.tensor(weights, device=device) if set(weights) != {1.0} else None
        self.last = torch.tensor([kind.constant_loss for kind in kinds], device=device)
        self.groups = _alike(tasks, kinds, self.others)
        order = [column for group in self.groups for column in group]
        self.order = None if order == sorted(order) else torch.tensor(order).argsort().to(device)

    def __call__(self, outputs: Outputs, rows: Rows) -> Tensor:
        """Outputs ``[n_rows, members, n_outputs]``, by task, to losses ``[n_tasks]``."""
        found = [self._group(group, outputs, rows) for group in self.groups]
        losses = found[0] if len(found) == 1 else torch.cat(found)
        if self.order is not None:
            losses = losses[self.order]
        if rows.labelled is not None:
            losses = torch.where(self.there(rows.labelled), losses, self.last)
            self.last = losses.detach()
        return losses if self.weights is None else losses * self.weights

    def begin_epoch(self, epoch: int) -> None:
        """Tells the losses which epoch begins, counted from 0."""
        for loss in self.others.values():
            loss.epoch = epoch

    def scale(self, rows: Rows) -> Tensor:
        """
        What makes losses comparable, ``[n_tasks]``: the loss of the best constant prediction, or of
        outputs of zero where a task does not have its kind's own loss.
        """
        scale = torch.tensor([kind.constant_loss for kind in self.kinds], device=rows.inputs.device)
        few = replace(rows[:SCALE_ROWS], offsets=None)
        for column, task in enumerate(self.tasks):
            if loss := self.others.get(task):
                n_outputs = self.kinds[column].n_outputs + loss.extra_outputs
                zeros = few.targets.new_zeros(len(few), 1, n_outputs)
                scale[column] = self._single(column, {task: zeros}, few).abs().clamp_min(1e-3)
        return scale

    def there(self, labelled: Tensor) -> Tensor:
        """Which tasks have a label, ``[n_tasks]``."""
        if not self.wide:
            return labelled.any(0)
        return torch.stack([labelled[:, columns].any() for columns in self.targets])

    def _group(self, group: Sequence[int], outputs: Outputs, rows: Rows) -> Tensor:
        first = group[0]
        if self.tasks[first] in self.others or self.kinds[first].several:
            return self._single(first, outputs, rows).unsqueeze(0)
        kind, everything = self.kinds[first], len(group) == len(self.tasks)
        columns = [self.targets[column].start for column in group]
        # [n_rows, members, n_tasks, n_outputs]
        stacked = torch.stack([outputs[self.tasks[column]] for column in group], dim=2)
        if rows.offsets is not None:
            own = [rows.offsets[:, self.outputs[column]] for column in group]
            stacked = stacked + torch.stack(own, dim=1).unsqueeze(1)
        targets = rows.targets if everything else rows.targets[:, columns]
        losses = kind.loss(stacked, targets.unsqueeze(1).expand(stacked.shape[:3])).mean(1)
        if kind.class_weights:
            losses = losses * kind.label_weights(targets)
        if rows.labelled is None:
            return losses.mean(0)
        labelled = rows.labelled if everything else rows.labelled[:, columns]
        return (losses * labelled).sum(0) / labelled.sum(0).clamp_min(1.0)

    def _single(self, column: int, outputs: Outputs, rows: Rows) -> Tensor:
        """The loss of a task that is computed for itself."""
        task, kind, columns = self.tasks[column], self.kinds[column], self.targets[column]
        given, targets = outputs[task], rows.targets[:, columns]
        labelled = None if rows.labelled is None else rows.labelled[:, columns]
        if rows.offsets is not None:
            own = rows.offsets[:, self.outputs[column]]
            extra = given.shape[-1] - own.shape[-1]
            given = given + torch.nn.functional.pad(own, (0, extra)).unsqueeze(1)
        if loss := self.others.get(task):
            return loss(given, targets, labelled)
        wanted = targets.unsqueeze(1).expand(*given.shape[:2], -1)
        losses = kind.loss(given, wanted).mean(1)
        if labelled is None:
            return losses.mean()
        if losses.ndim == 1:  # a kind may have one loss for all columns of a row
            labelled = labelled.amin(1)
        return (losses * labelled).sum() / labelled.sum().clamp_min(1.0)


def slices(sizes: Sequence[int]) -> list[slice]:
    """
    The columns of each of several, side by side.

    >>> slices([2, 1])
    [slice(0, 2, None), slice(2, 3, None)]
    """
    return [slice(*ends) for ends in pairwise(accumulate(sizes, initial=0))]


def _alike(
    tasks: Sequence[str], kinds: Sequence[TaskKind], others: Mapping[str, Loss]
) -> list[list[int]]:
    """The tasks whose losses can be computed in one call, in order of their first."""
    groups: dict[object, list[int]] = {}
    for column, (task, kind) in enumerate(zip(tasks, kinds, strict=True)):
        own = kind.several or kind.class_weights or task in others
        alike = kind.shared_loss and not own
        groups.setdefault((type(kind), kind.n_outputs) if alike else column, []).append(column)
    return list(groups.values())
