r"""
Weighted cross-entropy of classes: rare classes count more.

With the probabilities :math:`p` of :math:`K` classes, of which :math:`y` is right, the loss is

.. math::
    -(1 - \epsilon) w_y \log p_y - \frac{\epsilon}{K} \sum_c w_c \log p_c, \qquad
    w_c \propto n_c^{-\text{power}}.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import logsigmoid, pad

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._counts import inverse_frequencies, training_counts


class ClassWeighted(LabelLoss):
    r"""
    Cross-entropy with weights by inverse frequency, the baseline of `Class-Balanced Loss
    <https://arxiv.org/abs/1901.05555>`_ (CVPR 2019), and the label smoothing of
    `Rethinking the Inception Architecture <https://arxiv.org/abs/1512.00567>`_ (section 7).

    :param kind: The fitted kind, with the training rows of each class.
    :param power: Zero weighs all rows alike, one weighs all classes alike.
    :param smoothing: :math:`\epsilon`, how much of each target is spread over all classes.

    .. note::
        The weights average one over the training rows, and a batch is not divided by the weights
        in it, as torch does: a batch of rare classes only counts more than one of frequent ones.
        Weights shift the probabilities towards balance. To weigh classes by what mistakes cost,
        give the task ``class_weights``; they multiply these.
    """

    name: ClassVar[str] = "class_weighted"
    citation: ClassVar[str] = "https://arxiv.org/abs/1901.05555"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "ordinal")

    def __init__(self, kind: TaskKind, power: float = 0.5, smoothing: float = 0.0) -> None:
        if not 0.0 <= power <= 1.0:
            raise ValueError(f"`0 <= power <= 1` must hold, but got {power=}.")
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"`0 <= smoothing < 1` must hold, but got {smoothing=}.")
        super().__init__(kind)
        self.smoothing = smoothing
        self.weights = inverse_frequencies(training_counts(kind), power)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        losses = -self.weights.to(outputs) * self._log_probabilities(outputs)
        right = targets.long().expand(*outputs.shape[:2], 1)
        spread = losses.mean(-1, keepdim=True)
        return (1 - self.smoothing) * losses.gather(-1, right) + self.smoothing * spread

    def _log_probabilities(self, outputs: Tensor) -> Tensor:
        """``[*, n_classes]``; of numbers for each class, or of logits of exceeding each."""
        if outputs.shape[-1] == len(self.kind.classes):
            return outputs.log_softmax(-1)
        reached = pad(logsigmoid(outputs).cumsum(-1), (1, 0))
        return reached + pad(logsigmoid(-outputs), (0, 1))


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [ClassWeighted]
