r"""
Asymmetric loss: easy negatives count less than easy positives, very easy ones not at all.

With the probability :math:`p` of a label and :math:`p_m = \max(p - m, 0)`, the loss is

.. math::
    -y (1 - p)^{\gamma_+} \log p - (1 - y) p_m^{\gamma_-} \log(1 - p_m).
"""

import math
from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._focal import focal_terms
from automtl_plugins.losses._limits import check_from


class Asymmetric(LabelLoss):
    r"""
    `Asymmetric Loss for Multi-Label Classification <https://arxiv.org/abs/2009.14119>`_ (ICCV
    2021), with the defaults of the authors' code.

    :param kind: The fitted kind.
    :param positive: :math:`\gamma_+`, the focus on hard positives.
    :param negative: :math:`\gamma_-`, the focus on hard negatives.
    :param margin: :math:`m`, the probability below which a negative is left alone.

    .. note::
        A mean over labels; the authors' code is a sum. The gradient goes through the weights too,
        as in the paper's analysis of gradients; the code can leave that out. Positives are
        overestimated: thresholds must be tuned.
    """

    name: ClassVar[str] = "asymmetric"
    citation: ClassVar[str] = "https://arxiv.org/abs/2009.14119"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def __init__(
        self, kind: TaskKind, positive: float = 1.0, negative: float = 4.0, margin: float = 0.05
    ) -> None:
        check_from(0, positive=positive, negative=negative)
        if not 0.0 <= margin < 1.0:
            raise ValueError(f"`0 <= margin < 1` must hold, but got {margin=}.")
        super().__init__(kind)
        self.positive, self.negative, self.margin = positive, negative, margin

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        present = focal_terms(outputs, self.positive)
        absent = self._negatives(outputs) if self.margin else focal_terms(-outputs, self.negative)
        return targets * present + (1 - targets) * absent

    def _negatives(self, outputs: Tensor) -> Tensor:
        """``1 - p_m = min(1 - p + m, 1)``, as a logarithm."""
        margin = torch.full_like(outputs, math.log(self.margin))
        logarithm = torch.logaddexp(logsigmoid(-outputs), margin).clamp_max(0.0)
        # of zero, a power below one has no finite gradient, though its product with the logarithm
        shifted = (-logarithm.expm1()).clamp_min(torch.finfo(outputs.dtype).tiny)
        return -(shifted**self.negative) * logarithm


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Asymmetric]
