r"""
LambdaRank: pairs count by what swapping them would do to NDCG.

With the scores :math:`s`, the gains :math:`G` of the rows and their ranks :math:`R` by score within
the query, a pair in which row :math:`i` is more relevant than row :math:`j` has the loss

.. math::
    \left| \Delta_{ij} \right| \log(1 + e^{-(s_i - s_j)}), \qquad
    \Delta_{ij} = (G_i - G_j) \left(
        \frac{1}{\log_2(1 + R_i)} - \frac{1}{\log_2(1 + R_j)} \right).
"""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import softplus

from automtl.core.loss import Loss
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._pairs import Pairs, ranked


class LambdaRank(Loss):
    """
    LambdaRank of `Learning to Rank with Nonsmooth Cost Functions
    <https://papers.nips.cc/paper/2971-learning-to-rank-with-nonsmooth-cost-functions>`_ (NeurIPS
    2006), written as a loss whose weights have no gradient: see `The LambdaLoss Framework
    <https://doi.org/10.1145/3269206.3271784>`_ (CIKM 2018).

    :param kind: The fitted kind.
    :param exponential: Whether the gain of a row is ``2 ** relevance - 1``, as in the paper and
        in our NDCG; it is the relevance otherwise.

    .. note::
        A mean weighted by ``|Δ|`` over the pairs of a query, then the mean over queries: the
        greatest possible DCG, which the paper divides by, is the same for all pairs of a query and
        falls out. The ranks are those in the batch.
    """

    name: ClassVar[str] = "lambda_rank"
    citation: ClassVar[str] = (
        "https://papers.nips.cc/paper/2971-learning-to-rank-with-nonsmooth-cost-functions"
    )
    kinds: ClassVar[tuple[str, ...]] = ("ranking",)

    def __init__(self, kind: TaskKind, exponential: bool = True) -> None:
        super().__init__(kind)
        self.exponential = exponential

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        scores, pairs = ranked(outputs, targets, labelled)
        gains = _exponential(pairs) if self.exponential else pairs.relevance
        discounts = 1 / (1 + _ranks(scores.detach(), pairs.query)).log2()
        gained = (gains[pairs.better] - gains[pairs.worse]).unsqueeze(1)
        weights = gained * (discounts[pairs.better] - discounts[pairs.worse]).abs()
        return pairs.mean(softplus(scores[pairs.worse] - scores[pairs.better]), weights)


def _exponential(pairs: Pairs) -> Tensor:
    """
    Gains ``2 ** relevance``, ``[n_rows]``, but for a factor of each query, which falls out, and
    without which a high relevance would overflow. One less is not needed: gains are compared.
    """
    relevance = pairs.relevance
    least = torch.full_like(relevance, float("-inf"))
    highest = least.scatter_reduce(0, pairs.query, relevance, "amax")[pairs.query]
    return (relevance - highest).exp2()


def _ranks(scores: Tensor, query: Tensor) -> Tensor:
    """The rank of each row within its query, counted from 1, ``[n_rows, members]``."""
    by_score = scores.argsort(dim=0, descending=True, stable=True)
    order = by_score.gather(0, query[by_score].argsort(dim=0, stable=True))
    sizes = query.bincount()
    starts = (sizes.cumsum(0) - sizes).repeat_interleave(sizes)  # of the query at each place
    place = torch.arange(len(query), device=query.device)
    ranks = (1 + place - starts).to(scores).unsqueeze(1).expand_as(scores)
    return torch.empty_like(scores).scatter(0, order, ranks)


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [LambdaRank]
