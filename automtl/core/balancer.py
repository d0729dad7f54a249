"""The balancer: how the losses of several tasks become one."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class Balancer(nn.Module, ABC):
    """
    Abstract base class of the loss balancers. A balancer sees only the losses of tasks that share
    something: each independent part of a task graph has a balancer of its own. Its parameters
    are trained with the network's. The options of its constructor are the ones that a search
    space may vary.

    A task without labels in a batch is there with its last loss, detached: the shape is always
    full and no gradient comes from it.

    :param n_tasks: The number of losses.
    """

    name: ClassVar[str]  # how search spaces refer to it
    citation: ClassVar[str]  # URL of the paper it implements

    def __init__(self, n_tasks: int) -> None:
        super().__init__()
        self.n_tasks = n_tasks

    @abstractmethod
    def forward(self, losses: Tensor, /) -> Tensor:
        """Maps the losses ``[n_tasks]`` to the scalar to be minimised."""
