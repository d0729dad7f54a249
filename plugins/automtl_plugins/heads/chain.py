r"""
Classifier chain: each label's logit also reads the probabilities of the labels before it.

With :math:`x` the feature and labels in the order of the chain,

.. math::
    s_k = w_k^\top x + b_k + \sum_{j < k} T_{kj} \, \sigma(s_j).
"""

from collections.abc import Iterable
from random import Random
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.head import Head, check_one_output_per_label
from automtl.core.task import TaskKind
from automtl.errors import PluginError
from automtl.hookspecs import hookimpl

LONGEST = 200  # labels; the chain is unrolled, so that each adds some nodes to the graph
LINK = 8  # labels that are worked off together before all behind them are told


class Chain(Head):
    r"""
    The chain of `Classifier chains for multi-label classification
    <https://doi.org/10.1007/s10994-011-5256-5>`_ (Read et al., 2011), with a linear classifier a
    label, as one head.

    It begins as independent classifiers, :math:`T = 0`. The members of an ensemble share the
    weights, and each has a chain of its own.

    :param inputs: The shape of the feature.
    :param kind: A multi-label kind: ``counts`` holds negatives and positives for each label.
    :param n_outputs: The number of labels.
    :param order: ``frequency`` for the labels with most positives first, ``random`` for an order
        drawn from ``seed``.
    :param seed: See ``order``.
    :raises PluginError: If there are more than 200 labels.
    :raises ValueError: If there is no such order.

    .. note::
        In the paper a classifier is trained on the true labels before it, and predicts from
        predicted ones, as 0 or 1. Here it reads probabilities in both, so that training meets
        what prediction will, and missing labels do no harm. They are detached, as in a cascade: a
        label is not trained for the sake of those behind it. One forward pass is therefore
        enough for the gradient: the chain is walked without one, and its probabilities are then
        inputs like others.
    """

    name: ClassVar[str] = "chain"
    citation: ClassVar[str] = "https://doi.org/10.1007/s10994-011-5256-5"
    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    def __init__(
        self,
        inputs: Features,
        kind: TaskKind,
        n_outputs: int,
        *,
        order: str = "frequency",
        seed: int = 0,
    ) -> None:
        super().__init__(inputs, kind, n_outputs)
        check_one_output_per_label(self.name, kind, n_outputs)
        if n_outputs > LONGEST:
            raise PluginError(
                f"A chain has at most {LONGEST} labels, but got {n_outputs}. Choose another head "
                f"for them, such as 'ml_decoder' or 'linear'."
            )
        self.order = _order(kind, order, seed)  # the label at each place of the chain
        self.places = sorted(range(n_outputs), key=self.order.__getitem__)
        self.linear = nn.Linear(inputs.size, n_outputs)
        self.transfer = nn.Parameter(torch.zeros(n_outputs, n_outputs))  # read below the diagonal

    def forward(self, features: Tensor, /) -> Tensor:
        """Maps ``[batch, members, size]`` to logits ``[batch, members, n_labels]``."""
        alone, transfer = self.linear(features), self.transfer.tril(-1)
        before = _walk(alone.detach(), transfer.detach())
        logits: Tensor = alone + before @ transfer.T
        return logits[..., self.places]


def _walk(alone: Tensor, transfer: Tensor) -> Tensor:
    """The probabilities of all labels, one after the other, ``[batch, members, n_labels]``."""
    links: list[Tensor] = []
    for start in range(0, len(transfer), LINK):
        own = slice(start, start + LINK)
        logits = alone[..., own]
        if links:
            logits = logits + torch.cat(links, dim=-1) @ transfer[own, :start].T
        links.append(_link(logits, transfer[own, own]))
    return torch.cat(links, dim=-1)


def _link(logits: Tensor, transfer: Tensor) -> Tensor:
    """
    The probabilities of a few labels whose logits know of all labels before the first. Each step
    makes one more of them right, and they stay right; that takes fewer and larger operations than
    to compute them one by one.
    """
    found, given = logits.sigmoid(), transfer.T
    for _ in range(len(transfer) - 1):
        found = (logits + found @ given).sigmoid()
    return found


def _order(kind: TaskKind, order: str, seed: int) -> list[int]:
    labels = list(range(kind.n_targets))
    if order == "random":
        Random(seed).shuffle(labels)
    elif order == "frequency":
        counts: tuple[tuple[int, int], ...] = kind.counts  # type: ignore[attr-defined]
        labels.sort(key=lambda label: -counts[label][1])
    else:
        raise ValueError(f"`order` must be 'frequency' or 'random', but got {order=}.")
    return labels


@hookimpl
def automtl_heads() -> Iterable[type[Head]]:
    return [Chain]
