r"""
ZLPR: every positive above every negative of its row, with zero between them.

With the logits :math:`s` of a row, positives :math:`P` and negatives :math:`N`, the loss is

.. math::
    \log\left( 1 + \sum_{i \in P} e^{-s_i} \right) + \log\left( 1 + \sum_{j \in N} e^{s_j} \right).
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from automtl.core.loss import Loss, masked_mean
from automtl.hookspecs import hookimpl


class ZLPR(Loss):
    """
    `ZLPR: A Novel Loss for Multi-label Classification <https://arxiv.org/abs/2208.02955>`_ (2022).
    A logit above zero means that the label is predicted, so that no threshold need
    be tuned.

    .. note::
        A mean over the rows that have a label. The loss of a row is divided by the number of its
        labels that are there, as the paper does not, so that the task's weight means the same as
        with other losses. Labels that are missing are in neither sum. With a single label it is the
        cross-entropy.
    """

    name: ClassVar[str] = "zlpr"
    citation: ClassVar[str] = "https://arxiv.org/abs/2208.02955"
    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        there = torch.ones_like(targets) if labelled is None else labelled
        positive = _log_one_plus(-outputs, (there * targets).unsqueeze(1))
        negative = _log_one_plus(outputs, (there * (1 - targets)).unsqueeze(1))
        of_labels = (positive + negative) / there.sum(1, keepdim=True).clamp_min(1.0)
        return masked_mean(of_labels.unsqueeze(-1), there.amax(1, keepdim=True))


def _log_one_plus(logits: Tensor, chosen: Tensor) -> Tensor:
    """The logarithm of one plus the chosen exponentials, ``[n_rows, members]``."""
    kept = logits.masked_fill(chosen == 0, float("-inf"))
    return torch.cat([torch.zeros_like(kept[..., :1]), kept], dim=-1).logsumexp(-1)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [ZLPR]
