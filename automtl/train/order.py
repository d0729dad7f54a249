"""The order in which training meets its rows: each once an epoch, or small tasks more often."""

from collections.abc import Sequence

import torch
from torch import Tensor

from automtl.train.losses import Rows, TaskLosses


class RowOrder:
    r"""
    Draws the rows of an epoch.

    With a temperature :math:`\tau = 1` an epoch is all rows by chance. With a higher one, as many
    rows are drawn with replacement,

    .. math::
        p_\text{row} \propto \sum_{t \text{ has a label in the row}} n_t^{1/\tau} / n_t,

    where task :math:`t` has labels in :math:`n_t` rows. If each row has a label of one task only,
    as in a table in long form, tasks are met in proportion to :math:`n_t^{1/\tau}`: all equally
    often as :math:`\tau \to \infty` (https://arxiv.org/abs/1907.05019, there by language). Where
    all rows weigh the same, as they do for a single task, there is nothing to balance, and an
    epoch is all rows whatever the temperature.

    How often a task is met and the weight of its loss are the same knob up to noise
    (https://arxiv.org/abs/2410.04579): a task that is met more often has the gradient of one that
    weighs more, with less variance and more repetition. A search should vary one of the two.

    If a task has groups, they stay whole: they are drawn in place of rows, each with the mean
    weight of its rows.

    :param rows: The training rows.
    :param losses: What says which task has which columns of targets, and which has groups.
    :param temperature: At least 1.
    """

    def __init__(self, rows: Rows, losses: TaskLosses, temperature: float = 1.0) -> None:
        self.group = groups_of(rows, losses)
        weights = row_weights(rows, losses.targets, temperature)
        if self.group is not None:
            weights = _means(weights, self.group)
        self.n = len(weights)  # rows, or groups
        even = bool(weights.max() - weights.min() <= 1e-9 * weights.max())
        self.ends = None if even else weights.cumsum(0)

    def __call__(self, generator: torch.Generator) -> Tensor:
        """The rows of an epoch, ``[n_drawn]``; as many as there are, unless groups are drawn."""
        if self.ends is None:
            order = torch.randperm(self.n, generator=generator)
            return order if self.group is None else _members(order, self.group, generator)
        places = torch.rand(self.n, generator=generator, dtype=torch.float64) * self.ends[-1]
        drawn = torch.searchsorted(self.ends, places, right=True).clamp_max(self.n - 1)
        return drawn if self.group is None else _members(drawn, self.group, generator)


def row_weights(rows: Rows, columns: Sequence[slice], temperature: float) -> Tensor:
    """
    How often each row is to be met, as a multiple of something, ``[n_rows]``.

    :param columns: The columns of targets of each task.
    """
    if rows.labelled is None or temperature == 1:
        return torch.ones(len(rows), dtype=torch.float64)
    there = [rows.labelled[:, own].any(1) for own in columns]
    known = torch.stack(there, dim=1).double().cpu()
    sizes = known.sum(0).clamp_min(1.0)
    return known @ sizes.pow(1 / temperature - 1)


def _members(groups: Tensor, group: Tensor, generator: torch.Generator) -> Tensor:
    """
    The rows of each of ``groups``, one group after the other, those of a group by chance; ``group``
    is that of each row.
    """
    rows = torch.randperm(len(group), generator=generator)
    rows, sizes = rows[group[rows].argsort(stable=True)], torch.bincount(group)
    first, own = sizes.cumsum(0) - sizes, sizes[groups]
    before = own.cumsum(0) - own
    return rows[torch.arange(int(own.sum())) + (first[groups] - before).repeat_interleave(own)]


def groups_of(rows: Rows, losses: TaskLosses) -> Tensor | None:
    """
    The group of each row, counted from 0, ``[n_rows]``; None if no task has groups. A row that has
    no label of the first of these tasks is a group of its own.
    """
    grouped = [
        own.stop - 1 for own, k in zip(losses.targets, losses.kinds, strict=True) if k.grouped
    ]
    if not grouped:
        return None
    names = rows.targets[:, grouped[0]].cpu().double()
    if rows.labelled is not None:
        alone = rows.labelled[:, grouped[0]].cpu() == 0
        names[alone] = -1.0 - torch.arange(int(alone.sum()), dtype=names.dtype)
    found: Tensor = torch.unique(names, return_inverse=True)[1]
    return found


def _means(weights: Tensor, group: Tensor) -> Tensor:
    """The mean weight of each group, ``[n_groups]``."""
    sums = torch.zeros(int(group.max()) + 1, dtype=weights.dtype).index_add(0, group, weights)
    return sums / torch.bincount(group)
