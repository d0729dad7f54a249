"""Sum: all losses count alike."""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torchjd.scalarization import Sum as SumOfLosses

from automtl.core.balancer import Balancer
from automtl.hookspecs import hookimpl


class Sum(Balancer):
    """
    The sum of the losses, which other balancers rarely beat where training is regularised and
    tuned: `In Defense of the Unitary Scalarization <https://arxiv.org/abs/2201.04122>`_
    (NeurIPS 2022).
    """

    name: ClassVar[str] = "sum"
    citation: ClassVar[str] = "https://arxiv.org/abs/2201.04122"

    def __init__(self, n_tasks: int) -> None:
        super().__init__(n_tasks)
        self.scalarizer = SumOfLosses()

    def forward(self, losses: Tensor, /) -> Tensor:
        return self.scalarizer(losses)


@hookimpl
def automtl_balancers() -> Iterable[type[Balancer]]:
    return [Sum]
