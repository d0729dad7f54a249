r"""
Quantile loss: predicts a quantile.

With the target :math:`y`, the prediction :math:`f` and the level :math:`\tau`, the loss is

.. math::
    \max(\tau (y - f), (\tau - 1) (y - f)).
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl


class Quantile(LabelLoss):
    r"""
    `Regression Quantiles <https://doi.org/10.2307/1913643>`_ (Econometrica, 1978), known as the
    pinball loss. Of standardised targets.

    :param kind: The fitted kind.
    :param level: :math:`\tau`, the share of targets that lie below the prediction.
    """

    name: ClassVar[str] = "quantile"
    citation: ClassVar[str] = "https://doi.org/10.2307/1913643"
    kinds: ClassVar[tuple[str, ...]] = ("regression", "multi_output")

    def __init__(self, kind: TaskKind, level: float = 0.5) -> None:
        if not 0.0 < level < 1.0:
            raise ValueError(f"`0 < level < 1` must hold, but got {level=}.")
        super().__init__(kind)
        self.level = level

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        errors = targets - outputs
        return torch.maximum(self.level * errors, (self.level - 1) * errors)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Quantile]
