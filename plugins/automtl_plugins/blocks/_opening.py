"""The layer that opens an ensemble axis, without products with zeros."""

from typing import TypeAlias

import torch
from tabm import LinearBatchEnsemble
from torch import Tensor
from torch.nn import functional

Parts: TypeAlias = tuple[Tensor | None, Tensor]  # of the network's input: embedded numbers, others

MANY = 3000  # columns; with fewer, products with zeros cost less than to leave them out
FEW = 1 / 32  # the share of values other than zero, up to which that pays
GROUP = 32  # rows that are padded to the longest among them


class OpeningLayer(LinearBatchEnsemble):  # type: ignore[misc]  # of a package without types
    """
    The authors' layer, given one input for all members, in two parts side by side: ``[batch, in]``
    to ``[batch, members, out]``.

    Every member scales the inputs in its own way, so that there are as many products with each as
    there are members. Where nearly all of the second part is zero (one-hot columns, flags, words),
    those with zeros are left out on a CPU. What comes out is the same but for rounding.
    """

    def forward(self, parts: Parts) -> Tensor:
        opened: Tensor
        first, rest = parts
        if not _pays(rest):
            x = rest if first is None else torch.cat([first, rest], dim=-1)
            opened = super().forward(x.unsqueeze(1))
            return opened
        n_first = 0 if first is None else first.shape[1]
        weight, scaling = self.weight, self.r
        mapped = _map_what_is_there(rest, weight[:, n_first:], scaling[:, n_first:])
        if first is not None:
            mapped = mapped + first.unsqueeze(1) * scaling[:, :n_first] @ weight[:, :n_first].T
        mapped = mapped * self.s
        opened = mapped if self.bias is None else mapped + self.bias
        return opened


def _pays(x: Tensor) -> bool:
    """Whether ``x``, ``[batch, in]``, is mostly zeros that need not be multiplied."""
    if torch.compiler.is_compiling() or x.shape[1] <= MANY or x.device.type != "cpu":
        return False
    return not x.requires_grad and bool(x.count_nonzero() <= FEW * x.numel())


def _map_what_is_there(x: Tensor, weight: Tensor, scaling: Tensor) -> Tensor:
    """
    ``x * scaling[k] @ weight.T`` for each member ``k``, from what is not zero.

    :param x: ``[batch, in]``.
    :param weight: ``[out, in]``.
    :param scaling: ``[members, in]``.
    :return: ``[batch, members, out]``.
    """
    rows, columns = x.nonzero(as_tuple=True)
    # a value more, which fills up the rows of a group that have fewer than others
    values = functional.pad(x[rows, columns], (0, 1))
    columns, counts = functional.pad(columns, (0, 1)), torch.bincount(rows, minlength=len(x))
    begins, order = counts.cumsum(0) - counts, counts.argsort()
    weights, scalings = weight.T.contiguous(), scaling.T.contiguous()
    found = []
    for group in torch.split(order, GROUP):  # of rows with about equally many values
        places = torch.arange(int(counts[group].max()))
        places = torch.where(places < counts[group, None], begins[group, None] + places, -1)
        scaled = values[places].unsqueeze(-1) * functional.embedding(columns[places], scalings)
        found.append(scaled.transpose(1, 2) @ functional.embedding(columns[places], weights))
    return torch.cat(found)[order.argsort()]
