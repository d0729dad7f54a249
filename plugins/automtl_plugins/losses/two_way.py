r"""
Two-way loss: every positive above every negative, in the labels of a row and the rows of a label.

With the logits :math:`s` of positives :math:`P` and negatives :math:`N`, in one row or of one
label, the loss is

.. math::
    \log\left(1 + \exp\left(
        T_+ \log \sum_{i \in P} e^{-s_i / T_+} + T_- \log \sum_{j \in N} e^{s_j / T_-}
    \right)\right).
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import softplus

from automtl.core.loss import Loss, masked_mean
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._limits import check_above

NONE = -1e4  # far below any logit, but finite: of nothing but infinities there is no gradient


class TwoWay(Loss):
    """
    `Two-Way Multi-Label Loss <https://openaccess.thecvf.com/content/CVPR2023/html/Kobayashi_Two-Way_Multi-Label_Loss_CVPR_2023_paper.html>`_
    (CVPR 2023).

    :param kind: The fitted kind.
    :param positive: The temperature of positives.
    :param negative: The temperature of negatives.

    .. note::
        The mean over rows plus the mean over labels, of the rows and labels that have both a
        positive and a negative; the authors' code also counts those without a negative, whose loss
        is nearly zero. What is missing is neither. It is divided by the number of labels that are
        there in the batch, as the paper does not, so that the task's weight means about the same
        as with other losses: exactly it cannot, as a label's loss grows with the logarithm of the
        number of rows in the batch. Logits are compared with each other only, not with zero:
        thresholds must be tuned.
    """

    name: ClassVar[str] = "two_way"
    citation: ClassVar[str] = (
        "https://openaccess.thecvf.com/content/CVPR2023/html/"
        "Kobayashi_Two-Way_Multi-Label_Loss_CVPR_2023_paper.html"
    )
    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    def __init__(self, kind: TaskKind, positive: float = 4.0, negative: float = 1.0) -> None:
        check_above(0, positive=positive, negative=negative)
        super().__init__(kind)
        self.positive, self.negative = positive, negative

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        there = torch.ones_like(targets) if labelled is None else labelled
        positives, negatives = there * targets, there * (1 - targets)
        rows = self._one_way(outputs, positives, negatives)
        labels = self._one_way(outputs.transpose(0, 2), positives.T, negatives.T)
        return (rows + labels) / there.amax(0).sum().clamp_min(1.0)

    def _one_way(self, outputs: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        """Outputs ``[n, members, m]``, and which are positive and negative, ``[n, m]``."""
        low = _log_sum(-outputs, positives, self.positive)
        high = _log_sum(outputs, negatives, self.negative)
        both = positives.amax(1, keepdim=True) * negatives.amax(1, keepdim=True)
        return masked_mean(softplus(low + high).unsqueeze(-1), both)


def _log_sum(logits: Tensor, chosen: Tensor, temperature: float) -> Tensor:
    """The soft maximum of the chosen logits, ``[n, members]``."""
    kept = (logits / temperature).masked_fill(chosen.unsqueeze(1) == 0, NONE)
    return temperature * kept.logsumexp(-1)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [TwoWay]
