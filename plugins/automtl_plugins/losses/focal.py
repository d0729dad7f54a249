r"""
Focal loss: what is classified well counts less.

With the probability :math:`p` of the right class, the loss is

.. math::
    -(1 - p)^\gamma \log p.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._focal import focal_terms, signed
from automtl_plugins.losses._limits import check_from


class Focal(LabelLoss):
    r"""
    `Focal Loss for Dense Object Detection <https://arxiv.org/abs/1708.02002>`_ (ICCV 2017;
    equation 4).

    :param kind: The fitted kind.
    :param gamma: :math:`\gamma`; 0 is cross-entropy.

    .. note::
        Without the paper's class weight :math:`\alpha`, and as a mean over labels, not over the
        positives. Of several classes, :math:`p` is the softmax probability of the right one.
        Probabilities are drawn towards the middle: thresholds must be tuned.
    """

    name: ClassVar[str] = "focal"
    citation: ClassVar[str] = "https://arxiv.org/abs/1708.02002"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "multilabel")

    def __init__(self, kind: TaskKind, gamma: float = 2.0) -> None:
        check_from(0, gamma=gamma)
        super().__init__(kind)
        self.gamma = gamma

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        one_of_several = outputs.shape[-1] > targets.shape[-1]
        logits = _margin(outputs, targets) if one_of_several else signed(outputs, targets)
        return focal_terms(logits, self.gamma)


def _margin(outputs: Tensor, targets: Tensor) -> Tensor:
    """The logit of the right class's softmax probability: its output over all others together."""
    right = targets.long().expand(*outputs.shape[:2], 1)
    others = outputs.scatter(-1, right, float("-inf")).logsumexp(-1, keepdim=True)
    return outputs.gather(-1, right) - others


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Focal]
