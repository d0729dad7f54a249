"""Pairs of rows that answer the same query, one of them better."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Pairs:
    """
    All pairs of rows of the same query with different relevance.

    :param better: The rows of higher relevance, ``[n_pairs]``.
    :param worse: The rows that they are compared with, ``[n_pairs]``.
    :param query: The index of the query that each row belongs to, ``[n_rows]``, counted without
        gaps.
    :param relevance: That of each row, ``[n_rows]``.
    """

    better: Tensor
    worse: Tensor
    query: Tensor
    relevance: Tensor

    @classmethod
    def of(cls, relevance: Tensor, queries: Tensor) -> Self:
        """Those of the rows whose relevance and query, both ``[n_rows]``, are given."""
        same = queries.unsqueeze(1) == queries
        better, worse = (same & (relevance.unsqueeze(1) > relevance)).nonzero(as_tuple=True)
        _, query = queries.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        return cls(better, worse, query, relevance)

    def mean(self, losses: Tensor, weights: Tensor | None = None) -> Tensor:
        """
        The mean over the queries that have a pair of the weighted mean over their pairs, and over
        the members; 0 without any.

        :param losses: ``[n_pairs, members]``.
        :param weights: Above zero, ``[n_pairs, members]``; None for equal ones.
        """
        weights = torch.ones_like(losses) if weights is None else weights
        query = self.query[self.better]
        totals = weights.new_zeros(len(self.query), losses.shape[1]).index_add(0, query, weights)
        n_queries = totals[:, 0].count_nonzero().clamp_min(1)
        return (losses * weights / totals[query]).sum() / (n_queries * losses.shape[1])


def ranked(outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> tuple[Tensor, Pairs]:
    """
    The scores ``[n_rows, members]`` and the pairs of the rows that have relevance and query;
    arguments are those of a loss.
    """
    if labelled is not None:
        there = labelled.all(1)
        outputs, targets = outputs[there], targets[there]
    return outputs[..., 0], Pairs.of(targets[:, 0], targets[:, 1])
