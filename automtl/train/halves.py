"""Validation rows in two halves, each judged in the epoch that was best for the other."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from automtl.core.task import Floats
from automtl.train.losses import Outputs, Rows, TaskLosses
from automtl.train.order import groups_of

MOST = 8192  # validation rows; with more, the choice of an epoch is no advantage


class Halves:
    """
    What a network predicts for each half of the validation rows in the epoch whose loss on the
    other half is the smallest (cross-fitting, https://doi.org/10.1111/ectj.12097).

    The best of many epochs looks better on the rows it was chosen on than on any others: the more
    so, the fewer rows there are, and the more networks choose for themselves. Judged on these rows
    a network for each task would beat one of all tasks without being any better. What is delivered
    are still the weights of the epoch that is best for all rows.

    :param rows: The validation rows.
    :param second: Which of them are of the second half, ``[n_rows]``.
    :param losses: The network's losses.
    """

    def __init__(self, rows: Rows, second: Tensor, losses: TaskLosses) -> None:
        self.rows, self.second, self.losses = rows, second, losses
        self._indices = [(second == half).nonzero()[:, 0] for half in (False, True)]
        without_inputs = replace(rows, inputs=rows.targets)  # which losses do not look at
        self._halves = [without_inputs[index] for index in self._indices]
        self._lowest = [math.inf, math.inf]  # by the half that chooses
        self._kept: list[Outputs] = [{}, {}]

    @classmethod
    def of(cls, rows: Rows, losses: TaskLosses) -> "Halves | None":
        """None where there are more than `MOST` rows, or a task lacks labels for two halves."""
        if len(rows) > MOST:
            return None
        found = cls(rows, second_half(rows, losses), losses)
        for half in found._halves:
            if not len(half) or (
                half.labelled is not None and not losses.there(half.labelled).all()
            ):
                return None
        return found

    def __call__(self, outputs: Outputs, scale: Tensor) -> None:
        """
        Is called after each epoch.

        :param outputs: The network's, ``[n_rows, members, n_outputs]`` by task.
        :param scale: What makes losses comparable, ``[n_tasks]``.
        """
        last = self.losses.last
        for half, index in enumerate(self._indices):
            given = {task: values[index] for task, values in outputs.items()}
            loss = float((self.losses(given, self._halves[half]) / scale).mean())
            if loss < self._lowest[half] or not self._kept[half]:
                self._lowest[half], self._kept[half] = loss, outputs
        self.losses.last = last

    def predictions(self) -> dict[str, Floats]:
        """What the user would see, ``[n_rows, n_values]`` by task; see `evaluate.predict`."""
        by_first, by_second = self._kept
        chosen, added = self.second.view(-1, 1, 1), self.rows.offsets
        found = {}
        for task, kind, own in zip(
            self.losses.tasks, self.losses.kinds, self.losses.outputs, strict=True
        ):
            outputs = torch.where(chosen, by_first[task], by_second[task])[..., : kind.n_outputs]
            if added is not None:
                outputs = outputs + added[:, own].unsqueeze(1)
            found[task] = kind.predict(outputs).mean(1).double().cpu().numpy()
        return found


def second_half(rows: Rows, losses: TaskLosses) -> Tensor:
    """
    Which rows are of the second half, ``[n_rows]``. Both have about as many labels of each task and
    of each value; rows that belong together stay together.
    """
    targets, group = rows.targets.cpu().numpy(), groups_of(rows, losses)
    if group is not None:
        halves = group.numpy() % 2
    else:
        labelled = np.ones_like(targets) if rows.labelled is None else rows.labelled.cpu().numpy()
        order = np.lexsort(np.concatenate([labelled, targets], axis=1).T[::-1])
        halves = np.empty(len(order), dtype=np.int64)
        halves[order] = np.arange(len(order)) % 2
    return torch.from_numpy(halves == 1).to(rows.targets.device)
