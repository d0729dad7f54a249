r"""
Huber loss: squared for small errors, absolute for large ones.

With the target :math:`y`, the prediction :math:`f` and :math:`e = y - f`, the loss is

.. math::
    \begin{cases}
        e^2 / 2 & \text{if } |e| \le \delta \\
        \delta (|e| - \delta / 2) & \text{otherwise.}
    \end{cases}
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import huber_loss

from automtl.core.loss import LabelLoss, Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._limits import check_above


class Huber(LabelLoss):
    r"""
    `Robust Estimation of a Location Parameter <https://doi.org/10.1214/aoms/1177703732>`_ (Annals
    of Mathematical Statistics, 1964).

    :param kind: The fitted kind.
    :param delta: :math:`\delta`, in standard deviations of the training targets: errors beyond it
        pull no harder.
    """

    name: ClassVar[str] = "huber"
    citation: ClassVar[str] = "https://doi.org/10.1214/aoms/1177703732"
    kinds: ClassVar[tuple[str, ...]] = ("regression", "multi_output")

    def __init__(self, kind: TaskKind, delta: float = 1.0) -> None:
        check_above(0, delta=delta)
        super().__init__(kind)
        self.delta = delta

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        wanted = targets.expand_as(outputs)
        return huber_loss(outputs, wanted, reduction="none", delta=self.delta)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Huber]
