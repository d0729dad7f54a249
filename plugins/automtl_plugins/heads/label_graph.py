r"""
Label graph: two graph convolutions over the co-occurrence of labels give their classifiers.

With :math:`P_{ij} = P(L_j \mid L_i)` on the training labels and embeddings :math:`E` of the labels,

.. math::
    s = W x + b, \qquad W = A \, \mathrm{LReLU}(A E W_1) \, W_2, \qquad
    A_{ij} = \begin{cases}
        p \, B_{ij} / \sum_{k \neq i} B_{ik} & i \neq j \\ 1 - p & i = j
    \end{cases}, \qquad B_{ij} = [P_{ij} \geq \tau].
"""

from collections.abc import Iterable
from math import sqrt
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.head import Head, check_one_output_per_label
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl

SLOPE = 0.2  # of the leaky rectifier below zero, as in the paper


class LabelGraph(Head):
    r"""
    ML-GCN of `Multi-Label Image Recognition with Graph Convolutional Networks
    <https://arxiv.org/abs/1904.03582>`_ (CVPR 2019). The members of an ensemble share the
    classifiers.

    :param inputs: The shape of the feature.
    :param kind: A multi-label kind: ``cooccurrence`` holds :math:`P(L_j \mid L_i)` in row i.
    :param n_outputs: The number of labels.
    :param threshold: The paper's :math:`\tau`: from which probability on a label reads another.
    :param share: The paper's :math:`p`: how much a label takes from those it reads together.
    :param nodes: What labels begin as: ``learned`` embeddings, or their rows of ``cooccurrence``.
    :param embedding: The size of learned embeddings.
    :param hidden: The size between the two convolutions.
    :raises ValueError: If an option is out of its range.

    .. note::
        The paper embeds labels by word vectors of their names, of which tables have none.
        :math:`A` has rows that sum to one, as the paper's normalised matrix does; a label that
        reads no other keeps :math:`A_{ii} = 1`. The bias is ours: it knows how frequent a label
        is. The first weights make classifiers about as wide as those of a linear layer.
    """

    name: ClassVar[str] = "label_graph"
    citation: ClassVar[str] = "https://arxiv.org/abs/1904.03582"
    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    reads: Tensor  # the exporter has a "graph" of its own

    def __init__(
        self,
        inputs: Features,
        kind: TaskKind,
        n_outputs: int,
        *,
        threshold: float = 0.4,
        share: float = 0.2,
        nodes: str = "learned",
        embedding: int = 64,
        hidden: int = 128,
    ) -> None:
        super().__init__(inputs, kind, n_outputs)
        check_one_output_per_label(self.name, kind, n_outputs)
        if not (0 < threshold <= 1 and 0 <= share < 1 and min(embedding, hidden) >= 1):
            raise ValueError(
                "`0 < threshold <= 1`, `0 <= share < 1` and `embedding, hidden >= 1` must hold, "
                f"but got {threshold=}, {share=}, {embedding=} and {hidden=}."
            )
        given = torch.tensor(kind.cooccurrence, dtype=torch.float32)  # type: ignore[attr-defined]
        self.register_buffer("reads", reweighted(given, threshold, share))
        start = _start(given, nodes, embedding)
        if nodes == "learned":
            self.embedding = nn.Parameter(start)
        else:
            self.register_buffer("embedding", start)
        size = start.shape[1]
        self.first = nn.Parameter(torch.randn(size, hidden) * (2 / size) ** 0.5)
        spread = (3 * hidden * inputs.size) ** -0.5
        self.second = nn.Parameter(torch.randn(hidden, inputs.size) * spread)
        self.bias = nn.Parameter(torch.zeros(n_outputs))

    def classifiers(self) -> Tensor:
        """One linear classifier a label, ``[n_labels, size]``."""
        hidden = nn.functional.leaky_relu(self.reads @ self.embedding @ self.first, SLOPE)
        found: Tensor = self.reads @ hidden @ self.second
        return found

    def forward(self, features: Tensor, /) -> Tensor:
        """Maps ``[batch, members, size]`` to logits ``[batch, members, n_labels]``."""
        return nn.functional.linear(features, self.classifiers(), self.bias)


def reweighted(cooccurrence: Tensor, threshold: float, share: float) -> Tensor:
    """
    The matrix by which labels read each other, ``[n_labels, n_labels]``.

    >>> reweighted(torch.tensor([[1.0, 0.9], [0.1, 1.0]]), 0.4, 0.25).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    read = (cooccurrence >= threshold).float().fill_diagonal_(0)
    others = share * read / read.sum(dim=1, keepdim=True).clamp(min=1)
    return others + torch.diag(1 - others.sum(dim=1))


def _start(cooccurrence: Tensor, nodes: str, embedding: int) -> Tensor:
    """What labels begin as, in rows whose squares are about 1 in the mean."""
    if nodes == "learned":
        return torch.randn(len(cooccurrence), embedding)
    if nodes == "cooccurrence":
        rows: Tensor = nn.functional.normalize(cooccurrence.clone().fill_diagonal_(1))
        return rows * sqrt(len(rows))
    raise ValueError(f"`nodes` must be 'learned' or 'cooccurrence', but got {nodes=}.")


@hookimpl
def automtl_heads() -> Iterable[type[Head]]:
    return [LabelGraph]
