r"""
Uncertainty weighting: a learned weight a task.

With :math:`s_i` the learned logarithm of task :math:`i`'s variance, the loss is

.. math::
    \sum_i \left( e^{-s_i} L_i + s_i \right).
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torchjd.scalarization import UW

from automtl.core.balancer import Balancer
from automtl.hookspecs import hookimpl


class Uncertainty(Balancer):
    r"""
    `Multi-Task Learning Using Uncertainty to Weigh Losses
    <https://arxiv.org/abs/1705.07115>`_ (CVPR 2018).

    .. note::
        This is twice the paper's loss for regression, so that training starts, at :math:`s = 0`,
        with the sum of the losses and with the same scale against penalties of primitives.
        Losses of classification are treated alike; the paper has another factor for them.
    """

    name: ClassVar[str] = "uncertainty"
    citation: ClassVar[str] = "https://arxiv.org/abs/1705.07115"

    def __init__(self, n_tasks: int) -> None:
        super().__init__(n_tasks)
        self.scalarizer = UW(n_tasks)

    def forward(self, losses: Tensor, /) -> Tensor:
        return 2 * self.scalarizer(losses)


@hookimpl
def automtl_balancers() -> Iterable[type[Balancer]]:
    return [Uncertainty]
