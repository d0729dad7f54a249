"""The linear block: one affine map."""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn

from automtl.core.block import Block, Features
from automtl.hookspecs import hookimpl


class Linear(Block):
    """
    One affine map, without an activation. With linear heads on top, a block that is narrower than
    the heads together makes the network a `Reduced-Rank Regression
    <https://doi.org/10.1016/0047-259X(75)90042-1>`_ (Journal of Multivariate Analysis, 1975).

    :param inputs: The shape of what comes in; an ensemble axis is kept.
    :param width: The size of what goes out.
    :raises ValueError: If ``width`` is below 1.
    """

    name: ClassVar[str] = "linear"
    citation: ClassVar[str] = "https://doi.org/10.1016/0047-259X(75)90042-1"

    def __init__(self, inputs: Features, *, width: int = 64) -> None:
        if width < 1:
            raise ValueError(f"`width >= 1` must hold, but got {width=}.")
        super().__init__(inputs)
        self.outputs = Features(width, inputs.members)
        self.map = nn.Linear(inputs.size, width)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``[batch, *members, size]`` to ``[batch, *members, width]``."""
        mapped: Tensor = self.map(x)
        return mapped


@hookimpl
def automtl_blocks() -> Iterable[type[Block]]:
    return [Linear]
