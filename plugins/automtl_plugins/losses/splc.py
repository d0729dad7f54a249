r"""
SPLC: negatives that the network is sure are positive become positives.

With the probabilities :math:`p = \sigma(s)` and :math:`p_m = \sigma(s - m)` of a label, the loss is
:math:`-(1 - p_m)^\gamma \log p_m` for a positive, and for a negative

.. math::
    \begin{cases}
        -p^\gamma \log(1 - p) & \text{if } p \le \tau \text{ or in the first epochs} \\
        -(1 - p)^\gamma \log p & \text{otherwise.}
    \end{cases}
"""

import math
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._focal import focal_terms, signed
from automtl_plugins.losses._limits import check_from


class SPLC(LabelLoss):
    r"""
    Self-paced loss correction of `Simple and Robust Loss Design for Multi-Label Learning with
    Missing Labels <https://arxiv.org/abs/2112.07368>`_ (2021), with the focal margin
    loss and the defaults of the authors' code.

    :param kind: The fitted kind.
    :param threshold: :math:`\tau`, above which a negative is taken for a positive.
    :param start: The first epoch, counted from 0, in which that is done.
    :param margin: :math:`m`, by which positives must be clearer.
    :param gamma: :math:`\gamma`, the focus on what is hard.

    .. note::
        It is for tables in which some positives are written as negatives, as where annotators
        name what they notice. Labels that are known to be missing are masked, as everywhere, not
        taken for negatives. As in the authors' code, what becomes a positive has no margin. A
        mean over labels; the code is a sum.
    """

    name: ClassVar[str] = "splc"
    citation: ClassVar[str] = "https://arxiv.org/abs/2112.07368"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def __init__(
        self,
        kind: TaskKind,
        threshold: float = 0.6,
        start: int = 1,
        margin: float = 1.0,
        gamma: float = 2.0,
    ) -> None:
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"`0 < threshold < 1` must hold, but got {threshold=}.")
        check_from(0, start=start, margin=margin, gamma=gamma)
        super().__init__(kind)
        self.logit = math.log(threshold / (1 - threshold))
        self.start, self.margin, self.gamma = start, margin, gamma

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logits = outputs - self.margin * targets
        if self.epoch >= self.start:
            targets = torch.where(logits > self.logit, 1.0, targets)
        return focal_terms(signed(logits, targets), self.gamma)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [SPLC]
