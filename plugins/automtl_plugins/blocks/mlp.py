"""The multilayer perceptron."""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor, nn

from automtl.core.block import Block, Features
from automtl.hookspecs import hookimpl
from automtl_plugins.blocks._dropout import Dropout
from automtl_plugins.blocks._embedding import affordable, embed, make_embedding


class MLP(Block):
    """
    Multilayer perceptron, with the hidden layers of `Learning Representations by Back-Propagating
    Errors <https://doi.org/10.1038/323533a0>`_ (Nature, 1986): linear map, ReLU, dropout.

    :param inputs: The shape of what comes in; an ensemble axis is kept.
    :param width: The size of each layer, and of what goes out.
    :param layers: The number of layers.
    :param dropout: The share of activations that are set to zero in training.
    :param embedding: The size of the piecewise-linear embedding of a number at the first stage, of
        `On Embeddings for Numerical Features in Tabular Deep Learning
        <https://arxiv.org/abs/2203.05556>`_ (NeurIPS 2022); less where there are very many, as in
        tabm; 0 for none.
    :raises ValueError: If ``width`` or ``layers`` is below 1, ``dropout`` not in [0, 1), or
        ``embedding`` negative.

    .. note::
        The activation of the first paper is the logistic function.
    """

    name: ClassVar[str] = "mlp"
    citation: ClassVar[str] = "https://doi.org/10.1038/323533a0"

    def __init__(
        self,
        inputs: Features,
        *,
        width: int = 128,
        layers: int = 1,
        dropout: float = 0.0,
        embedding: int = 0,
    ) -> None:
        if width < 1 or layers < 1 or not 0 <= dropout < 1 or embedding < 0:
            raise ValueError(
                "`width >= 1`, `layers >= 1`, `0 <= dropout < 1` and `embedding >= 0` must hold, "
                f"but got {width=}, {layers=}, {dropout=} and {embedding=}."
            )
        super().__init__(inputs)
        self.outputs = Features(width, inputs.members)
        embedding = affordable(embedding, inputs.layout)
        self.embedding = make_embedding(inputs.layout, embedding) if embedding else None
        sizes = [self._first_size(embedding), *[width] * (layers - 1)]
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.Linear(s, width), nn.ReLU(), Dropout(dropout)) for s in sizes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``[batch, *members, size]`` to ``[batch, *members, width]``."""
        if self.embedding is not None and self.inputs.layout is not None:
            x = embed(x, self.embedding, self.inputs.layout)
        hidden: Tensor = self.layers(x)
        return hidden

    def _first_size(self, embedding: int) -> int:
        """How many numbers the first layer is given."""
        if self.embedding is None or self.inputs.layout is None:
            return self.inputs.size
        return self.inputs.size + (embedding - 1) * len(self.inputs.layout.quantiles)


@hookimpl
def automtl_blocks() -> Iterable[type[Block]]:
    return [MLP]
