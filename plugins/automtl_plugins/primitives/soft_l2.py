r"""
Soft parameter sharing: one block per task, and a penalty on how far their parameters are apart,

.. math::
    \lambda \sum_{i<j} \sum_l \lVert W_i^l - W_j^l \rVert_2^2,

where :math:`W_i^l` is the :math:`l`-th parameter of task :math:`i`'s block.
"""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.primitive import BlockFactory, Primitive
from automtl.hookspecs import hookimpl


class SoftL2(Primitive):
    r"""
    Soft parameter sharing of `Low Resource Dependency Parsing: Cross-lingual Parameter Sharing in a
    Neural Network Parser <https://aclanthology.org/P15-2139>`_ (ACL 2015).

    :param n_tasks: The number of tasks that share the penalty.
    :param block: Makes the block of one task. Called once per task.
    :param strength: The factor :math:`\lambda` of the penalty; ``0`` keeps the tasks apart.
    :raises ValueError: If ``strength`` is negative or infinite.

    .. note::
        The paper pulls one language's parser towards another's, which was trained before; here
        all blocks are trained together and all pairs are pulled towards each other. The paper
        leaves out word embeddings; here every parameter of a block counts, biases included.
    """

    name: ClassVar[str] = "soft_l2"
    citation: ClassVar[str] = "https://aclanthology.org/P15-2139"

    def __init__(self, n_tasks: int, block: BlockFactory, strength: float = 1e-3) -> None:
        if not 0 <= strength < math.inf:
            raise ValueError(f"`0 <= strength < inf` must hold, but got {strength=}.")
        super().__init__(n_tasks)
        self.blocks = nn.ModuleList(block() for _ in range(n_tasks))
        self.strength = strength

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [block(feature) for block, feature in zip(self.blocks, features, strict=True)]

    def penalty(self) -> Tensor:
        """
        The penalty, a scalar. The squared distances between all pairs add up to ``n_tasks`` times
        the squared distances to the mean, which are fewer.
        """
        total = torch.zeros(())
        for same in zip(*(block.parameters() for block in self.blocks), strict=True):
            stacked = torch.stack(same)
            total = total + (stacked - stacked.mean(0)).square().sum()
        return self.strength * self.n_tasks * total


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [SoftL2]
