"""
A custom primitive: tasks share a block, and each scales and shifts what comes out of it.

    automtl search --plugin examples/my_primitive.py examples/film.yaml
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.primitive import BlockFactory, Primitive, merged
from automtl.hookspecs import hookimpl


class FiLM(Primitive):
    """
    Feature-wise linear modulation of `FiLM: Visual Reasoning with a General Conditioning Layer
    <https://arxiv.org/abs/1709.07871>`_ (AAAI 2018), conditioned on nothing but the task.

    :param n_tasks: The number of tasks that share the block.
    :param block: Makes the block. Called once.
    :param spread: The standard deviation of the first scales around 1 and shifts around 0.
    """

    name: ClassVar[str] = "film"
    citation: ClassVar[str] = "https://arxiv.org/abs/1709.07871"

    def __init__(self, n_tasks: int, block: BlockFactory, spread: float = 0.1) -> None:
        super().__init__(n_tasks)
        self.block = block()
        size = self.block.outputs.size
        self.scale = nn.Parameter(1 + spread * torch.randn(n_tasks, size))
        self.shift = nn.Parameter(spread * torch.randn(n_tasks, size))

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        shared = self.block(merged(features))
        return [shared * scale + shift for scale, shift in zip(self.scale, self.shift, strict=True)]


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [FiLM]
