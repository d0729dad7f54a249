"""Piecewise-linear embeddings of the numbers among the network's inputs."""

import warnings

import torch
from rtdl_num_embeddings import PiecewiseLinearEmbeddings
from torch import Tensor

from automtl.core.block import InputSpec

WIDEST = 1600  # all embeddings of a row; wider ones cost time and give nothing (294 numbers: scene)
NARROWEST = 1e-3  # the least width of a bin of the embeddings; scaled columns are about 1 wide


def affordable(size: int, layout: InputSpec | None) -> int:
    """The size of the embedding of each number, if ``size`` would make a row too long."""
    n_numbers = len(layout.quantiles) if layout is not None else 0
    return min(size, max(2, WIDEST // max(1, n_numbers)))


def make_embedding(layout: InputSpec | None, size: int) -> PiecewiseLinearEmbeddings | None:
    """
    Embeds numbers, ``[batch, n_numbers]`` to ``[batch, n_numbers, size]``; None without any.

    They are those of `On Embeddings for Numerical Features in Tabular Deep Learning
    <https://arxiv.org/abs/2203.05556>`_ (NeurIPS 2022), version B of the authors' package. The
    quantiles of `InputSpec` are the edges of the bins; those nearer than ``1e-3`` are one edge: the
    outer bins go on in a straight line, and one that narrow would blow up values outside the
    training range.
    """
    if layout is None or not layout.quantiles:
        return None
    bins = [_edges(quantiles) for quantiles in layout.quantiles]
    with warnings.catch_warnings():
        # A column with two distinct quantiles has one bin, as it should.
        warnings.filterwarnings("ignore", message=".*just two bin edges")
        return PiecewiseLinearEmbeddings(bins, size, activation=False, version="B")


def embed(x: Tensor, embedding: PiecewiseLinearEmbeddings, layout: InputSpec) -> Tensor:
    """The network's input, ``[batch, *]``, with its numbers embedded, side by side."""
    return torch.cat(embedded_parts(x, embedding, layout), dim=-1)


def embedded_parts(
    x: Tensor, embedding: PiecewiseLinearEmbeddings, layout: InputSpec
) -> tuple[Tensor, Tensor]:
    """The embeddings of the numbers, ``[batch, *]``, and the rest of the network's input."""
    numbers, rest = x.tensor_split([len(layout.quantiles)], dim=-1)
    return embedding(numbers).flatten(1), rest


def _edges(quantiles: tuple[float, ...]) -> Tensor:
    """The first and last quantile, and between them those that keep their distance."""
    first, *inner, last = quantiles
    kept = [first]
    for quantile in inner:
        if quantile - kept[-1] >= NARROWEST and last - quantile >= NARROWEST:
            kept.append(quantile)
    return torch.tensor([*kept, last])
