"""The losses of the tasks of one network, masked where labels are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from automtl.core.task import TaskKind


@dataclass(frozen=True)
class Rows:
    """
    Some rows, as tensors.

    :param inputs: ``[n_rows, n_columns]``.
    :param targets: ``[n_rows, n_tasks]``, zero where a label is missing.
    :param labelled: ``[n_rows, n_tasks]``, 1.0 where there is a label, else 0.0; None if none is
        missing.
    """

    inputs: Tensor
    targets: Tensor
    labelled: Tensor | None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: Tensor | slice) -> "Rows":
        labelled = None if self.labelled is None else self.labelled[rows]
        return Rows(self.inputs[rows], self.targets[rows], labelled)


class TaskLosses:
    """
    The mean loss of each task over the labels that are there.

    Tasks whose kinds compute their loss alike are computed in one call. The loss of a task without
    a label in the batch is its last one, detached.

    :param tasks: The tasks, in the order that targets come in and losses go out.
    :param kinds: Their fitted kinds.
    :param weights: Their weights.
    :param device: Where the losses are computed.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        kinds: Sequence[TaskKind],
        weights: Sequence[float],
        device: torch.device,
    ) -> None:
        self.groups = _alike(kinds)
        self.tasks, self.kinds = tuple(tasks), tuple(kinds)
        self.weights = torch.tensor(weights, device=device) if set(weights) != {1.0} else None
        self.last = torch.tensor([kind.constant_loss for kind in kinds], device=device)
        order = [column for group in self.groups for column in group]
        self.order = None if order == sorted(order) else torch.tensor(order).argsort().to(device)

    def __call__(self, outputs: Mapping[str, Tensor], rows: Rows) -> Tensor:
        """Outputs ``[n_rows, members, n_outputs]``, by task, to losses ``[n_tasks]``."""
        found = [self._group(group, outputs, rows) for group in self.groups]
        losses = found[0] if len(found) == 1 else torch.cat(found)
        if self.order is not None:
            losses = losses[self.order]
        if rows.labelled is not None:
            losses = torch.where(rows.labelled.any(0), losses, self.last)
            self.last = losses.detach()
        return losses if self.weights is None else losses * self.weights

    def _group(self, columns: Sequence[int], outputs: Mapping[str, Tensor], rows: Rows) -> Tensor:
        kind = self.kinds[columns[0]]
        everything = len(columns) == len(self.tasks)
        of_task = [outputs[self.tasks[column]] for column in columns]
        stacked = torch.stack(of_task, dim=2)  # [n_rows, members, n_columns, n_outputs]
        targets = rows.targets if everything else rows.targets[:, columns]
        targets = targets.unsqueeze(1).expand(stacked.shape[:3])
        losses = kind.loss(stacked, targets).mean(1)
        if rows.labelled is None:
            return losses.mean(0)
        labelled = rows.labelled if everything else rows.labelled[:, columns]
        return (losses * labelled).sum(0) / labelled.sum(0).clamp_min(1.0)


def _alike(kinds: Sequence[TaskKind]) -> list[list[int]]:
    """The columns whose losses can be computed in one call, in order of their first."""
    groups: dict[object, list[int]] = {}
    for column, kind in enumerate(kinds):
        key = (type(kind), kind.n_outputs) if kind.shared_loss else column
        groups.setdefault(key, []).append(column)
    return list(groups.values())
