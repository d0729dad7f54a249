r"""
The residual block for tables:

.. math::
    h = S x, \qquad
    z = h + W' \, \mathrm{dropout}(\mathrm{ReLU}(W \, \mathrm{norm}(h))), \qquad
    y = \mathrm{ReLU}(\mathrm{norm}(z)).
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn

from automtl.core.block import Block, Features
from automtl.hookspecs import hookimpl
from automtl_plugins.blocks._dropout import Dropout


class ResNet(Block):
    """
    Residual block of `Revisiting Deep Learning Models for Tabular Data
    <https://arxiv.org/abs/2106.11959>`_ (NeurIPS 2021).

    :param inputs: The shape of what comes in; an ensemble axis is kept.
    :param width: The size of what goes out.
    :param expansion: How many times wider the residual branch is inside.
    :param dropout: The share of activations inside the branch that are set to zero in training.
    :raises ValueError: If ``width`` or ``expansion`` is below 1, or ``dropout`` not in [0, 1).

    .. note::
        Every block has the projection that the paper has before its first block, and the
        normalisation and ReLU that it has after its last, because every stage may be followed by a
        head or by another task's block; the residual stream so ends with the stage. The second
        dropout, behind the branch, is left out. Layer normalisation stands for batch normalisation:
        batch statistics would mix tasks whose rows differ, and the members of an ensemble.
    """

    name: ClassVar[str] = "resnet"
    citation: ClassVar[str] = "https://arxiv.org/abs/2106.11959"

    def __init__(
        self, inputs: Features, *, width: int = 128, expansion: int = 2, dropout: float = 0.0
    ) -> None:
        if width < 1 or expansion < 1 or not 0 <= dropout < 1:
            raise ValueError(
                "`width >= 1`, `expansion >= 1` and `0 <= dropout < 1` must hold, but got "
                f"{width=}, {expansion=} and {dropout=}."
            )
        super().__init__(inputs)
        self.outputs = Features(width, inputs.members)
        self.stem = nn.Linear(inputs.size, width)
        self.branch = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, expansion * width),
            nn.ReLU(),
            Dropout(dropout),
            nn.Linear(expansion * width, width),
        )
        self.end = nn.Sequential(nn.LayerNorm(width), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``[batch, *members, size]`` to ``[batch, *members, width]``."""
        stem: Tensor = self.stem(x)
        out: Tensor = self.end(stem + self.branch(stem))
        return out


@hookimpl
def automtl_blocks() -> Iterable[type[Block]]:
    return [ResNet]
