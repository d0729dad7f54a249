"""Constant: the learning rate stays as it is."""

from collections.abc import Iterable
from typing import ClassVar

from automtl.core.schedule import Schedule
from automtl.hookspecs import hookimpl


class Constant(Schedule):
    """
    A constant learning rate, discussed in `Practical Recommendations for Gradient-Based Training
    of Deep Architectures <https://arxiv.org/abs/1206.5533>`_ (2012).
    """

    name: ClassVar[str] = "constant"
    citation: ClassVar[str] = "https://arxiv.org/abs/1206.5533"

    def factor(self, epoch: int) -> float:
        return 1.0


@hookimpl
def automtl_schedules() -> Iterable[type[Schedule]]:
    return [Constant]
