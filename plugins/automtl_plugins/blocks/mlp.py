"""The multilayer perceptron."""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn

from automtl.core.block import Block, Features
from automtl.hookspecs import hookimpl


class MLP(Block):
    """
    Multilayer perceptron, with the hidden layers of `Learning Representations by Back-Propagating
    Errors <https://doi.org/10.1038/323533a0>`_ (Nature, 1986): linear map, ReLU, dropout.

    :param inputs: The shape of what comes in; an ensemble axis is kept.
    :param width: The size of each layer, and of what goes out.
    :param layers: The number of layers.
    :param dropout: The share of activations that are set to zero in training.
    :raises ValueError: If ``width`` or ``layers`` is below 1, or ``dropout`` not in [0, 1).

    .. note::
        The paper's activation is the logistic function.
    """

    name: ClassVar[str] = "mlp"
    citation: ClassVar[str] = "https://doi.org/10.1038/323533a0"

    def __init__(
        self, inputs: Features, *, width: int = 128, layers: int = 1, dropout: float = 0.0
    ) -> None:
        if width < 1 or layers < 1 or not 0 <= dropout < 1:
            raise ValueError(
                "`width >= 1`, `layers >= 1` and `0 <= dropout < 1` must hold, but got "
                f"{width=}, {layers=} and {dropout=}."
            )
        super().__init__(inputs)
        self.outputs = Features(width, inputs.members)
        sizes = [inputs.size, *[width] * (layers - 1)]
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.Linear(s, width), nn.ReLU(), nn.Dropout(dropout)) for s in sizes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``[batch, *members, size]`` to ``[batch, *members, width]``."""
        hidden: Tensor = self.layers(x)
        return hidden


@hookimpl
def automtl_blocks() -> Iterable[type[Block]]:
    return [MLP]
