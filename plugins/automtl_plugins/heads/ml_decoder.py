r"""
ML-Decoder: fixed queries attend to the feature, and each answers for a group of outputs.

With :math:`t` the tokens of the feature, :math:`q_g` the query of group :math:`g` and
:math:`n` a normalisation over the last axis,

.. math::
    h_g = n(n(q_g) + \mathrm{Attention}(n(q_g), t, t)), \qquad
    z_g = n(h_g + \mathrm{FFN}(h_g)), \qquad s_{g} = V_g z_g + b_g.
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.head import Head
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl


class MLDecoder(Head):
    r"""
    The head of `ML-Decoder: Scalable and Versatile Classification Head
    <https://arxiv.org/abs/2111.12933>`_ (WACV 2023): one decoder layer without self-attention,
    queries that are drawn once and not learned, and a fully-connected layer for each group
    :math:`g`, which serves ``ceil(n_outputs / groups)`` outputs. The members of an ensemble share
    the weights.

    :param inputs: The shape of the feature.
    :param kind: The fitted kind of the task.
    :param n_outputs: How many numbers to give.
    :param groups: The number of queries, at most; there are never more than outputs.
    :param width: The size of queries and tokens.
    :param heads: The number of attention heads; divides ``width``.
    :param tokens: How many tokens the feature is cut into, at most.
    :param dropout: The share of numbers that are set to zero in training.
    :raises ValueError: If an option is out of its range.

    .. note::
        The paper's tokens are the places of an image. Here the feature is one vector: it is cut
        into chunks of equal size, the last filled up with zeros, and each goes through a linear
        layer of its own and a rectifier. A query so chooses which parts of the feature it reads.
        The defaults are small (the paper has 100 groups and a width of 768): with an ensemble
        axis, each member of each row asks each query. The feed-forward layer is 2 times as wide as
        a token, not 2048/768 times, and the query, which the authors' code doubles before its
        normalisation, is not doubled.
    """

    name: ClassVar[str] = "ml_decoder"
    citation: ClassVar[str] = "https://arxiv.org/abs/2111.12933"
    kinds: ClassVar[tuple[str, ...]] = ("multilabel", "multiclass", "multi_output")

    queries: Tensor

    def __init__(
        self,
        inputs: Features,
        kind: TaskKind,
        n_outputs: int,
        *,
        groups: int = 20,
        width: int = 32,
        heads: int = 4,
        tokens: int = 8,
        dropout: float = 0.1,
    ) -> None:
        if min(groups, width, heads, tokens) < 1 or width % heads or not 0 <= dropout < 1:
            raise ValueError(
                "`groups, width, heads, tokens >= 1`, `width % heads == 0` and `0 <= dropout < 1` "
                f"must hold, but got {groups=}, {width=}, {heads=}, {tokens=} and {dropout=}."
            )
        super().__init__(inputs, kind, n_outputs)
        groups = min(groups, n_outputs)
        self.tokens = _Tokens(inputs.size, min(tokens, inputs.size), width)
        self.register_buffer("queries", torch.randn(groups, width))
        self.attention = _CrossAttention(width, heads, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.dropout = nn.Dropout(dropout)
        spread = width**-0.5
        each = -(-n_outputs // groups)
        self.weight = nn.Parameter(torch.empty(groups, width, each).uniform_(-spread, spread))
        self.bias = nn.Parameter(torch.zeros(n_outputs))

    def forward(self, features: Tensor, /) -> Tensor:
        """Maps ``[batch, members, size]`` to ``[batch, members, n_outputs]``."""
        asked, read, answered = self.norms
        queries = asked(self.queries)
        hidden = read(queries + self.dropout(self.attention(queries, self.tokens(features))))
        hidden = answered(hidden + self.dropout(self.feed_forward(hidden)))
        outputs = torch.einsum("bmgw,gwo->bmgo", hidden, self.weight).flatten(-2)
        return outputs[..., : self.n_outputs] + self.bias


class _Tokens(nn.Module):
    """Cuts ``[batch, members, size]`` into tokens ``[batch, members, n_tokens, width]``."""

    def __init__(self, size: int, n_tokens: int, width: int) -> None:
        super().__init__()
        chunk = -(-size // n_tokens)
        n_tokens = -(-size // chunk)  # fewer where the last ones would be empty
        self.missing = n_tokens * chunk - size
        bound = chunk**-0.5
        shape = (n_tokens, chunk, width)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_tokens, width).uniform_(-bound, bound))

    def forward(self, features: Tensor) -> Tensor:
        filled = nn.functional.pad(features, (0, self.missing))
        chunks = filled.reshape(*filled.shape[:2], *self.weight.shape[:2])
        return (torch.einsum("bmtc,tcw->bmtw", chunks, self.weight) + self.bias).relu()


class _CrossAttention(nn.Module):
    """
    Queries ``[n_queries, width]``, the same for all rows, attend to tokens
    ``[batch, members, n_tokens, width]``, which gives ``[batch, members, n_queries, width]``.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.shape = (heads, width // heads)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.dropout = nn.Dropout(dropout)

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        query = self.query(queries).unflatten(-1, self.shape) * self.shape[-1] ** -0.5
        key = self.key(tokens).unflatten(-1, self.shape)
        value = self.value(tokens).unflatten(-1, self.shape)
        weights = torch.einsum("qhw,bmthw->bmhqt", query, key).softmax(dim=-1)
        read = torch.einsum("bmhqt,bmthw->bmqhw", self.dropout(weights), value)
        mixed: Tensor = self.out(read.flatten(-2))
        return mixed


@hookimpl
def automtl_heads() -> Iterable[type[Head]]:
    return [MLDecoder]
