"""
A custom balancer: the worst tasks weigh most, so that none is given up for the others.

    automtl search --plugin examples/my_balancer.py examples/tchebycheff.yaml
"""

from collections.abc import Iterable
from math import log
from typing import ClassVar

from torch import Tensor

from automtl.core.balancer import Balancer
from automtl.hookspecs import hookimpl


class SmoothTchebycheff(Balancer):
    r"""
    `Smooth Tchebycheff Scalarization for Multi-Objective Optimization
    <https://arxiv.org/abs/2402.19078>`_ (ICML 2024), equation 5, with the origin as ideal point.
    With :math:`n` tasks, losses :math:`L_i` and the temperature :math:`\mu` the loss is

    .. math::
        n \mu \log \left( \frac{1}{n} \sum_i e^{L_i / \mu} \right).

    .. note::
        The paper has neither the factor nor the mean. With them, equal losses give their sum,
        so that penalties of primitives weigh the same whatever the balancer.

    :param n_tasks: The number of losses.
    :param temperature: Towards 0 the largest loss alone counts, with large ones all count alike.
    """

    name: ClassVar[str] = "tchebycheff"
    citation: ClassVar[str] = "https://arxiv.org/abs/2402.19078"

    def __init__(self, n_tasks: int, temperature: float = 0.5) -> None:
        super().__init__(n_tasks)
        self.temperature = temperature

    def forward(self, losses: Tensor, /) -> Tensor:
        largest = (losses / self.temperature).logsumexp(0) - log(self.n_tasks)
        return self.n_tasks * self.temperature * largest


@hookimpl
def automtl_balancers() -> Iterable[type[Balancer]]:
    return [SmoothTchebycheff]
