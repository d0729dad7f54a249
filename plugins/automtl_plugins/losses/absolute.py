r"""
Absolute error: predicts the median.

With the target :math:`y` and the prediction :math:`f`, the loss is :math:`|y - f|`.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.hookspecs import hookimpl


class Absolute(LabelLoss):
    """
    The error that the median minimises: see `Making and Evaluating Point Forecasts
    <https://doi.org/10.1198/jasa.2011.r10138>`_ (JASA, 2011). Of standardised targets.
    """

    name: ClassVar[str] = "absolute"
    citation: ClassVar[str] = "https://doi.org/10.1198/jasa.2011.r10138"
    kinds: ClassVar[tuple[str, ...]] = ("regression", "multi_output")

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (targets - outputs).abs()


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Absolute]
