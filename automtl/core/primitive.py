"""The sharing primitive: how the tasks of one node of the graph share that node."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

from torch import Tensor, nn

from automtl.core.block import Block

BlockFactory: TypeAlias = Callable[[], Block]  # each call makes a fresh block


class Primitive(nn.Module, ABC):
    """
    Abstract base class of the sharing primitives. A primitive takes one feature per task and
    gives one per task. It decides how many blocks it holds and how their outputs mix; what a
    block is made of is the search space's concern. The options of its constructor are the ones
    that a search space may vary.

    Two tasks that share a feature hold *the same tensor object*, so nothing is computed twice.

    :param n_tasks: The number of tasks that meet in this primitive.
    """

    name: ClassVar[str]  # how search spaces refer to it
    citation: ClassVar[str]  # URL of the paper it implements

    def __init__(self, n_tasks: int) -> None:
        if n_tasks < 1:
            raise ValueError(f"`n_tasks >= 1` must hold, but got {n_tasks=}.")
        super().__init__()
        self.n_tasks = n_tasks

    @abstractmethod
    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        """Maps one feature ``[batch, *in]`` per task to one feature ``[batch, *out]`` per task."""

    def penalty(self) -> Tensor | None:
        """What the primitive adds to the training loss, a scalar; None for nothing."""
        return None

    def __call__(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        if len(features) != self.n_tasks:
            raise ValueError(
                f"`{self.name}` shares between {self.n_tasks} tasks, but got "
                f"{len(features)} features."
            )
        outputs: Sequence[Tensor] = super().__call__(features)
        if len(outputs) != self.n_tasks:
            raise ValueError(
                f"`{self.name}` must give one feature per task, but gave {len(outputs)} "
                f"for {self.n_tasks} tasks."
            )
        return outputs


def merged(features: Sequence[Tensor]) -> Tensor:
    """One feature for all tasks: the mean of the distinct ones, so that branches may meet again."""
    first, *others = {id(feature): feature for feature in features}.values()
    return sum(others, first) / (1 + len(others)) if others else first
