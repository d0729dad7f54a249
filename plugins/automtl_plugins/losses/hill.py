r"""
Hill loss: negatives that look positive are doubted.

With the probabilities :math:`p = \sigma(s)` and :math:`p_m = \sigma(s - m)` of a label, the loss is

.. math::
    -y (1 - p_m)^\gamma \log p_m + (1 - y) (\lambda - p) p^2.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._focal import focal_terms
from automtl_plugins.losses._limits import check_from

DOUBT = 1.5  # λ: the loss of a negative rises up to a probability of 2 λ / 3 = 1, where it is flat


class Hill(LabelLoss):
    r"""
    `Simple and Robust Loss Design for Multi-Label Learning with Missing Labels
    <https://arxiv.org/abs/2112.07368>`_ (2021), with the constants of the authors'
    code: :math:`\lambda = 1.5`.

    :param kind: The fitted kind.
    :param margin: :math:`m`, by which positives must be clearer.
    :param gamma: :math:`\gamma`, the focus on hard positives.

    .. note::
        It is for tables in which some positives are written as negatives, as where annotators
        name what they notice. Labels that are known to be missing are masked, as everywhere, not
        taken for negatives. A mean over labels; the authors' code is a sum.
    """

    name: ClassVar[str] = "hill"
    citation: ClassVar[str] = "https://arxiv.org/abs/2112.07368"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def __init__(self, kind: TaskKind, margin: float = 1.0, gamma: float = 2.0) -> None:
        check_from(0, margin=margin, gamma=gamma)
        super().__init__(kind)
        self.margin, self.gamma = margin, gamma

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        probability = outputs.sigmoid()
        negative = (DOUBT - probability) * probability.square()
        positive = focal_terms(outputs - self.margin, self.gamma)
        return targets * positive + (1 - targets) * negative


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Hill]
