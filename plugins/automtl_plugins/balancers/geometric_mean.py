r"""
Geometric mean: the scale of a task's loss does not matter.

.. math::
    n \left( \prod_{i=1}^n (L_i + \epsilon) \right)^{1/n}
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torchjd.scalarization import GeometricMean as GeometricMeanOfLosses

from automtl.core.balancer import Balancer
from automtl.hookspecs import hookimpl

EPSILON = 1e-8  # keeps the logarithm of a loss of zero, and its gradient, finite


class GeometricMean(Balancer):
    r"""
    Geometric loss strategy of `MultiNet++ <https://arxiv.org/abs/1904.08492>`_ (CVPR workshops,
    2019).

    .. note::
        The mean is multiplied by the number of tasks, so that it is the sum of the losses where
        they are equal: penalties of primitives are added to it, and must weigh the same whatever
        the balancer. Each loss has :math:`\epsilon = 10^{-8}` added. Losses are not negative.
    """

    name: ClassVar[str] = "geometric_mean"
    citation: ClassVar[str] = "https://arxiv.org/abs/1904.08492"

    def __init__(self, n_tasks: int) -> None:
        super().__init__(n_tasks)
        self.scalarizer = GeometricMeanOfLosses()

    def forward(self, losses: Tensor, /) -> Tensor:
        return self.n_tasks * self.scalarizer(losses + EPSILON)


@hookimpl
def automtl_balancers() -> Iterable[type[Balancer]]:
    return [GeometricMean]
