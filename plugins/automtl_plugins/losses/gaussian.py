r"""
Gaussian likelihood: learns for each row how uncertain its prediction is.

With the target :math:`y`, the prediction :math:`f` and the variance :math:`v` that the head gives
beside it, the loss is

.. math::
    \frac{1}{2} \left( \log v + \frac{(y - f)^2}{v} - \log v_{\min} \right).
"""

import math
from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl


class Gaussian(LabelLoss):
    r"""
    `Estimating the Mean and Variance of the Target Probability Distribution
    <https://doi.org/10.1109/ICNN.1994.374138>`_ (ICNN, 1994). Rows whose targets are uncertain
    count less. The prediction is the mean; the variance serves in training only.

    :param kind: The fitted kind.
    :param least: :math:`\sqrt{v_{\min}}`, the least standard deviation that can be learned; the
        largest is its inverse. Those of the training targets are one.

    .. note::
        The head gives logarithms of variances, drawn smoothly within their bounds by a hyperbolic
        tangent: a likelihood has no bound where a row is fitted exactly. The constant
        :math:`-\log v_{\min}`, not in the paper, keeps the loss from being negative.
    """

    name: ClassVar[str] = "gaussian"
    citation: ClassVar[str] = "https://doi.org/10.1109/ICNN.1994.374138"
    kinds: ClassVar[tuple[str, ...]] = ("regression", "multi_output")

    def __init__(self, kind: TaskKind, least: float = 0.01) -> None:
        if not 0.0 < least < 1.0:
            raise ValueError(f"`0 < least < 1` must hold, but got {least=}.")
        super().__init__(kind)
        self.bound = -2 * math.log(least)

    @property
    def extra_outputs(self) -> int:
        return self.kind.n_targets

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        means, raw = outputs.chunk(2, dim=-1)
        logarithms = self.bound * (raw / self.bound).tanh()
        squares = (targets - means).square() * (-logarithms).exp()
        return 0.5 * (self.bound + logarithms + squares)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Gaussian]
