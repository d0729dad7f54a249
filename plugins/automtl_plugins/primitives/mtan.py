r"""
Task attention: one shared block, of whose output each task takes what its own mask lets through.

With :math:`u` the input of the shared block, :math:`p` its output and :math:`x_i` the feature that
task :math:`i` arrives on, task :math:`i` receives

.. math::
    a_i \odot p, \qquad a_i = \sigma(W_i' \, \mathrm{ReLU}(\mathrm{norm}(W_i \, [u; x_i]))).
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.primitive import BlockFactory, Primitive, merged
from automtl.hookspecs import hookimpl


class MTAN(Primitive):
    r"""
    Multi-task attention network of `End-to-End Multi-Task Learning with Attention
    <https://arxiv.org/abs/1803.10704>`_ (CVPR 2019).

    :param n_tasks: The number of tasks that attend to the shared block.
    :param block: Makes the shared block. Called once.

    .. note::
        In the paper the shared network runs on by itself and :math:`x_i` are the features that the
        task attended to one level before. Here each task hands on one feature only, so the shared
        block of the next level sees the mean of the attended features, and :math:`x_i` enters the
        mask without a convolution of its own. The masks of the paper's first level see :math:`u`
        alone; here they see it twice, which is as expressive.

        Layer normalisation stands for the first batch normalisation, so that a row's output
        does not depend on the batch, nor a task's on the other tasks' rows. Nothing stands for
        the second: normalising over features would fix how much a mask lets through.
    """

    name: ClassVar[str] = "mtan"
    citation: ClassVar[str] = "https://arxiv.org/abs/1803.10704"

    def __init__(self, n_tasks: int, block: BlockFactory) -> None:
        super().__init__(n_tasks)
        self.block = block()
        size, width = self.block.inputs.size, self.block.outputs.size
        self.masks = nn.ModuleList(_mask(2 * size, width) for _ in range(n_tasks))

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        given = merged(features)
        shared = self.block(given)
        masks = [
            mask(torch.cat([given, feature], dim=-1))
            for mask, feature in zip(self.masks, features, strict=True)
        ]
        if given.ndim < shared.ndim:  # the block has added the ensemble axis
            masks = [mask.unsqueeze(1) for mask in masks]
        return [mask * shared for mask in masks]


def _mask(size: int, width: int) -> nn.Module:
    """Maps ``[*, size]`` to a mask ``[*, width]`` between 0 and 1."""
    return nn.Sequential(
        nn.Linear(size, width),
        nn.LayerNorm(width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.Sigmoid(),
    )


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [MTAN]
