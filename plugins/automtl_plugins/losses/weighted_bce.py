r"""
Weighted cross-entropy a label: rare positives count more.

With the logit :math:`s` of a label whose target is :math:`y`, smoothed to
:math:`y' = (1 - \epsilon) y + \epsilon / 2`, the loss is

.. math::
    -w_+ y' \log \sigma(s) - w_- (1 - y') \log \sigma(-s), \qquad
    \frac{w_+}{w_-} = \left( \frac{\text{negatives}}{\text{positives}} \right)^{\text{power}}.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import logsigmoid

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._counts import inverse_frequencies, training_counts


class WeightedBCE(LabelLoss):
    r"""
    Weighted maximum likelihood of `Logistic Regression in Rare Events Data
    <https://doi.org/10.1093/oxfordjournals.pan.a004868>`_ (Political Analysis, 2001; section 4.2),
    with the label smoothing of `Rethinking the Inception Architecture
    <https://arxiv.org/abs/1512.00567>`_ (section 7) on each label's two classes.

    :param kind: The fitted kind, with the negatives and positives of each label.
    :param power: Zero weighs all labels alike, one makes up for the imbalance fully.
    :param smoothing: :math:`\epsilon`, how much of each target is spread evenly.

    .. note::
        The weights of each label average one over its training labels, so that the loss keeps
        its scale however rare the positives. Weights shift the probabilities towards balance:
        thresholds must be tuned. The default power is a compromise: the full weight of a label
        with a handful of positives makes gradients depend on few rows.
    """

    name: ClassVar[str] = "weighted_bce"
    citation: ClassVar[str] = "https://doi.org/10.1093/oxfordjournals.pan.a004868"
    kinds: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def __init__(self, kind: TaskKind, power: float = 0.5, smoothing: float = 0.0) -> None:
        if not 0.0 <= power <= 1.0:
            raise ValueError(f"`0 <= power <= 1` must hold, but got {power=}.")
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"`0 <= smoothing < 1` must hold, but got {smoothing=}.")
        super().__init__(kind)
        self.smoothing = smoothing
        self.weights = inverse_frequencies(training_counts(kind), power)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        negative, positive = self.weights.to(outputs).unbind(-1)
        smooth = targets * (1 - self.smoothing) + self.smoothing / 2
        right, wrong = logsigmoid(outputs), logsigmoid(-outputs)
        return -(positive * smooth * right + negative * (1 - smooth) * wrong)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [WeightedBCE]
