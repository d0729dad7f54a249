r"""
Cosine: the learning rate falls along half a period of a cosine.

In epoch :math:`t` of :math:`n`, of which the first :math:`w` warm up, its factor is

.. math::
    \frac{t + 1}{w + 1} \text{ for } t < w, \quad
    \frac{1}{2} \left( 1 + \cos \pi \frac{t - w}{n - w} \right) \text{ from then on.}
"""

import math
from collections.abc import Iterable
from typing import ClassVar

from automtl.core.schedule import Schedule
from automtl.hookspecs import hookimpl


class Cosine(Schedule):
    """
    Cosine annealing of `SGDR <https://arxiv.org/abs/1608.03983>`_ (ICLR 2017), equation 5.

    :param n_epochs: The most epochs that the training may last.
    :param warmup: In how many epochs the learning rate first rises, linearly.

    .. note::
        There are no restarts, and the rate changes once an epoch, not with every batch, towards
        zero. The warm-up is not the paper's.
    """

    name: ClassVar[str] = "cosine"
    citation: ClassVar[str] = "https://arxiv.org/abs/1608.03983"

    def __init__(self, n_epochs: int, warmup: int = 0) -> None:
        if not 0 <= warmup < n_epochs:
            raise ValueError(f"`0 <= warmup < n_epochs` must hold, but got {warmup=}, {n_epochs=}.")
        super().__init__(n_epochs)
        self.warmup = warmup

    def factor(self, epoch: int) -> float:
        if epoch < self.warmup:
            return (epoch + 1) / (self.warmup + 1)
        return (1 + math.cos(math.pi * (epoch - self.warmup) / (self.n_epochs - self.warmup))) / 2


@hookimpl
def automtl_schedules() -> Iterable[type[Schedule]]:
    return [Cosine]
