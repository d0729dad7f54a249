r"""
Cross-stitch: one block per task, then a learned linear mix of their outputs.

With :math:`y_j` the output of task :math:`j`'s block, task :math:`i` receives

.. math::
    z_i = \sum_j \alpha_{ij} \, y_j,

where the matrix :math:`\alpha` is learned with the rest of the network.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.primitive import BlockFactory, Primitive
from automtl.hookspecs import hookimpl


class CrossStitch(Primitive):
    r"""
    Cross-stitch unit of `Cross-stitch Networks for Multi-task Learning
    <https://arxiv.org/abs/1604.03539>`_ (CVPR 2016).

    :param n_tasks: The number of tasks to stitch together.
    :param block: Makes the block of one task. Called once per task.
    :param share: How much of the average over all tasks each task starts from: ``0`` keeps the
        tasks apart, ``1`` makes them equal.

    .. note::
        The paper has two tasks; here :math:`\alpha` is square in the number of tasks. There is
        one scalar per pair of tasks, whatever the size of the features. With two tasks the default
        starts from the paper's 0.9 and 0.1. The paper gives :math:`\alpha` a learning rate 100 to
        1000 times that of the network; here it has the network's own.
    """

    name: ClassVar[str] = "cross_stitch"
    citation: ClassVar[str] = "https://arxiv.org/abs/1604.03539"

    def __init__(self, n_tasks: int, block: BlockFactory, share: float = 0.2) -> None:
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"`0 <= share <= 1` must hold, but got {share=}.")
        super().__init__(n_tasks)
        apart, equal = torch.eye(n_tasks), torch.full((n_tasks, n_tasks), 1 / n_tasks)
        self.blocks = nn.ModuleList(block() for _ in range(n_tasks))
        self.mix = nn.Parameter(apart.lerp(equal, share))

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        outputs = [block(feature) for block, feature in zip(self.blocks, features, strict=True)]
        mixed: Sequence[Tensor] = torch.tensordot(self.mix, torch.stack(outputs), dims=1).unbind()
        return mixed


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [CrossStitch]
