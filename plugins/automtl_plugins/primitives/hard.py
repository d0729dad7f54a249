"""Hard parameter sharing: the tasks become one and share a single block."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from torch import Tensor

from automtl.core.primitive import BlockFactory, Primitive, merged
from automtl.hookspecs import hookimpl


class Hard(Primitive):
    """
    Hard parameter sharing of `Multitask Learning
    <https://doi.org/10.1023/A:1007379606734>`_ (Machine Learning, 1997).

    :param n_tasks: The number of tasks that share the block.
    :param block: Makes the block. Called once.

    .. note::
        Tasks that arrive on different features are averaged first, so branches may meet again.
    """

    name: ClassVar[str] = "hard"
    citation: ClassVar[str] = "https://doi.org/10.1023/A:1007379606734"

    def __init__(self, n_tasks: int, block: BlockFactory) -> None:
        super().__init__(n_tasks)
        self.block = block()

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [self.block(merged(features))] * self.n_tasks


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [Hard]
