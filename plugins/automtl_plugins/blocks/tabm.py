r"""
TabM: an ensemble of perceptrons in one, whose members share almost all parameters.

Layer :math:`l` of member :math:`k` is

.. math::
    h_k^l = \mathrm{ReLU}(s_k^l \odot W^l (r_k^l \odot h_k^{l-1}) + b_k^l),

with :math:`W^l` shared and :math:`r_k^l, s_k^l, b_k^l` of the member's own.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal, TypeAlias

from tabm import LinearBatchEnsemble
from torch import Tensor, nn

from automtl.core.block import Block, Features
from automtl.hookspecs import hookimpl
from automtl_plugins.blocks._dropout import Dropout
from automtl_plugins.blocks._embedding import affordable, embedded_parts, make_embedding
from automtl_plugins.blocks._opening import OpeningLayer, Parts

Scaling: TypeAlias = Literal["ones", "normal", "random-signs"]


class TabM(Block):
    """
    TabM of `TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling
    <https://arxiv.org/abs/2410.24210>`_ (ICLR 2025), made of the authors' own layers.

    At the first stage numeric columns get piecewise-linear embeddings (version B), with the
    quantiles of `InputSpec` as the edges of their bins. The first block without an ensemble axis
    before it opens one and starts the members apart; every other block starts them equal.

    :param inputs: The shape of what comes in.
    :param width: The size of each layer, and of what goes out.
    :param members: The length of the ensemble axis, unless ``inputs`` has one already.
    :param layers: The number of layers.
    :param dropout: The share of activations that are set to zero in training.
    :param embedding: The size of the embedding of a number; less where there are so many numbers
        that their embeddings would be longer than 1,600 together, but two at least.
    :raises ValueError: If an integer is below 1, or ``dropout`` not in [0, 1).
    """

    name: ClassVar[str] = "tabm"
    citation: ClassVar[str] = "https://arxiv.org/abs/2410.24210"

    def __init__(
        self,
        inputs: Features,
        *,
        width: int = 128,
        members: int = 16,
        layers: int = 1,
        dropout: float = 0.0,
        embedding: int = 12,
    ) -> None:
        if min(width, members, layers, embedding) < 1 or not 0 <= dropout < 1:
            raise ValueError(
                "`width, members, layers, embedding >= 1` and `0 <= dropout < 1` must hold, but "
                f"got {width=}, {members=}, {layers=}, {embedding=} and {dropout=}."
            )
        super().__init__(inputs)
        self.outputs = Features(width, inputs.members or members)
        embedding = affordable(embedding, inputs.layout)
        self.embedding = make_embedding(inputs.layout, embedding)
        first = self._first_layer(embedding)
        others = (self._layer(width, "ones") for _ in range(layers - 1))
        self.layers = nn.Sequential(
            *(nn.Sequential(x, nn.ReLU(), Dropout(dropout)) for x in (first, *others))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``[batch, size]`` or ``[batch, members, size]`` to ``[batch, members, width]``."""
        hidden: Tensor = self.layers(x if self.inputs.members is not None else self._parts(x))
        return hidden

    def _parts(self, x: Tensor) -> Parts:
        """What the layer that opens the ensemble is given."""
        if self.embedding is None or self.inputs.layout is None:
            return None, x
        return embedded_parts(x, self.embedding, self.inputs.layout)

    def _first_layer(self, embedding: int) -> LinearBatchEnsemble:
        """
        The members start apart here, or where the ensemble was opened, but nowhere else. The
        scalings of one column's embedding or one-hot group start equal, as in the authors' model.
        """
        layout = self.inputs.layout
        if self.inputs.members is not None:
            return self._layer(self.inputs.size, "ones")
        if layout is None:
            return self._layer(self.inputs.size, "random-signs", layer=OpeningLayer)
        chunks = [*[embedding] * len(layout.quantiles), *[1] * layout.n_flags]
        chunks += [*layout.categories, *[1] * layout.n_plain]
        scaling: Scaling = "normal" if layout.quantiles else "random-signs"
        return self._layer(sum(chunks), scaling, chunks, OpeningLayer)

    def _layer(
        self,
        size: int,
        scaling: Scaling,
        chunks: list[int] | None = None,
        layer: type[LinearBatchEnsemble] = LinearBatchEnsemble,
    ) -> LinearBatchEnsemble:
        return layer(
            size,
            self.outputs.size,
            k=self.outputs.members,
            scaling_init=(scaling, "ones"),
            first_scaling_init_chunks=chunks,
        )


@hookimpl
def automtl_blocks() -> Iterable[type[Block]]:
    return [TabM]
