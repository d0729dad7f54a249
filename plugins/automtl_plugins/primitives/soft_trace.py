r"""
Soft parameter sharing by the trace norm: one block per task, and a penalty that makes the tasks'
parameters linear combinations of few,

.. math::
    \lambda \sum_l \lVert [W_1^l; \dots; W_T^l] \rVert_*,

where the rows of the matrix are the :math:`l`-th parameters of the tasks' blocks, flattened, and
:math:`\lVert \cdot \rVert_*` is the sum of the singular values.
"""

import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.primitive import BlockFactory, Primitive
from automtl.hookspecs import hookimpl

NEGLIGIBLE = 1e-12  # an eigenvalue this small beside the largest one counts as zero


class SoftTrace(Primitive):
    r"""
    Trace norm regularisation of `Trace Norm Regularised Deep Multi-Task Learning
    <https://arxiv.org/abs/1606.04038>`_ (ICLR 2017, workshop), in its variant *last axis
    flattening*: the tensor of all tasks' parameters is unfolded along the axis of the tasks.

    :param n_tasks: The number of tasks that share the penalty.
    :param block: Makes the block of one task. Called once per task.
    :param strength: The factor :math:`\lambda` of the penalty; ``0`` keeps the tasks apart.
    :raises ValueError: If ``strength`` is negative or infinite.

    .. note::
        The paper's other variants, which also unfold along the remaining axes, are not here. Every
        parameter of a block counts, biases included.
    """

    name: ClassVar[str] = "soft_trace"
    citation: ClassVar[str] = "https://arxiv.org/abs/1606.04038"

    def __init__(self, n_tasks: int, block: BlockFactory, strength: float = 1e-3) -> None:
        if not 0 <= strength < math.inf:
            raise ValueError(f"`0 <= strength < inf` must hold, but got {strength=}.")
        super().__init__(n_tasks)
        self.blocks = nn.ModuleList(block() for _ in range(n_tasks))
        self.strength = strength

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return [block(feature) for block, feature in zip(self.blocks, features, strict=True)]

    def penalty(self) -> Tensor:
        """The penalty, a scalar."""
        total = torch.zeros(())
        for same in zip(*(block.parameters() for block in self.blocks), strict=True):
            total = total + _trace_norm(torch.stack(same).flatten(1))
        return self.strength * total


def _trace_norm(matrix: Tensor) -> Tensor:
    """
    The sum of the singular values of a wide matrix ``[n_tasks, size]``.

    They are the roots of the eigenvalues of the small matrix ``[n_tasks, n_tasks]`` of inner
    products: faster than a decomposition of the wide one, and in double precision as exact. A zero
    singular value, where the norm has a kink, gets a zero gradient, which is a subgradient there.
    """
    wide = matrix.double()
    eigenvalues = torch.linalg.eigvalsh(wide @ wide.T)
    kept = eigenvalues > NEGLIGIBLE * eigenvalues[-1].detach()
    return torch.where(kept, eigenvalues, 1.0).sqrt().mul(kept).sum().to(matrix.dtype)


@hookimpl
def automtl_primitives() -> Iterable[type[Primitive]]:
    return [SoftTrace]
