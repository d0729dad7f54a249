"""Random weighting: new weights at every step."""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torchjd.scalarization import Random as RandomWeights

from automtl.core.balancer import Balancer
from automtl.hookspecs import hookimpl


class Random(Balancer):
    """
    `Reasonable Effectiveness of Random Weighting <https://arxiv.org/abs/2111.10603>`_ (TMLR 2022):
    the weights are the softmax of standard normal numbers, drawn from torch's global generator.

    .. note::
        The weights add up to the number of tasks, not to 1, so that the loss is the sum of the
        losses on average: penalties of primitives are added to it, and must weigh the same
        whatever the balancer.
    """

    name: ClassVar[str] = "random"
    citation: ClassVar[str] = "https://arxiv.org/abs/2111.10603"

    def __init__(self, n_tasks: int) -> None:
        super().__init__(n_tasks)
        self.scalarizer = RandomWeights()

    def forward(self, losses: Tensor, /) -> Tensor:
        return self.n_tasks * self.scalarizer(losses)


@hookimpl
def automtl_balancers() -> Iterable[type[Balancer]]:
    return [Random]
