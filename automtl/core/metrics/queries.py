"""
Scores of rankings: predicted scores, ``[n_rows, 1]``, against ``[n_rows, 2]`` of relevance, not
below zero, and query.

Each is the mean over the queries with two rows or more of which one is relevant; the others define
no score. A row without a relevance or a query is left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automtl.core.metrics._shared import Floats, mean


@dataclass(frozen=True)
class _Ranked:
    """
    Rows sorted by query, then from the highest score down; equal scores of a query are one step.

    :param query: The query of each row, ``[n_rows]``, counted from zero.
    :param step: The step of each row, ``[n_rows]``, counted from zero over all queries.
    :param place: The place of each row within its query, ``[n_rows]``, from zero.
    :param relevance: ``[n_rows]``.
    """

    query: NDArray[np.int64]
    step: NDArray[np.int64]
    place: NDArray[np.int64]
    relevance: Floats

    def in_query(self, values: Floats) -> Floats:
        """Sums by query."""
        return np.bincount(self.query, weights=values).astype(np.float64)

    def in_step(self, values: Floats) -> Floats:
        """Sums over each row's step, ``[n_rows]``."""
        return np.bincount(self.step, weights=values).astype(np.float64)[self.step]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which queries define a score."""
        return (np.bincount(self.query) > 1) & (self.in_query(self.relevance) > 0)


def ndcg(predictions: Floats, targets: Floats, k: int | None = None) -> float:
    """
    Discounted cumulative gain relative to that of the best ranking, with gains ``2^relevance - 1``
    and discounts ``1 / log2(1 + place)`` (https://doi.org/10.1145/1102351.1102363),
    averaged over the orders of equal scores
    (https://doi.org/10.1007/978-3-540-78646-7_38).

    :param k: How many places count; None for all.
    """
    best = _ranked(targets[:, 0], targets)
    ideal, found = _cumulated(best, k), _cumulated(_ranked(predictions[:, 0], targets), k)
    return mean(found[best.scored] / ideal[best.scored])


def ndcg_at_10(predictions: Floats, targets: Floats) -> float:
    """`ndcg` of the first ten places."""
    return ndcg(predictions, targets, k=10)


def mean_average_precision(predictions: Floats, targets: Floats) -> float:
    """
    Mean over queries of the average precision of rows with any relevance; equal scores are one
    step (https://doi.org/10.1017/CBO9780511809071.009).
    """
    ranked = _ranked(predictions[:, 0], targets)
    hits = np.asarray(ranked.relevance > 0, dtype=np.float64)
    precision = _so_far(ranked, hits) / _so_far(ranked, np.ones_like(hits))
    found, wanted = ranked.in_query(precision * hits), ranked.in_query(hits)
    return mean(found[ranked.scored] / wanted[ranked.scored])


def mean_reciprocal_rank(predictions: Floats, targets: Floats) -> float:
    """
    Mean over queries of one over the place of the first relevant row
    (https://doi.org/10.1007/978-0-387-39940-9_488), behind all others of an equal score.
    """
    ranked = _ranked(predictions[:, 0], targets)
    first = np.full(len(ranked.scored), np.inf)
    hits = ranked.relevance > 0
    place = 1 + _so_far(ranked, np.asarray(~hits, dtype=np.float64))
    np.minimum.at(first, ranked.query[hits], place[hits])
    return mean(1 / first[ranked.scored])


def _ranked(scores: Floats, targets: Floats) -> _Ranked:
    known = ~np.isnan(targets).any(1)
    scores, relevance = scores[known], targets[known, 0]
    _, query = np.unique(targets[known, 1], return_inverse=True)
    order = np.lexsort((-scores, query))
    query, scores = query[order], scores[order]
    begins = np.diff(query, prepend=-1) != 0
    step = np.cumsum(begins | (np.diff(scores, prepend=np.nan) != 0)) - 1
    rows = np.arange(len(query))
    return _Ranked(query, step, rows - rows[begins][query], relevance[order])


def _cumulated(ranked: _Ranked, k: int | None) -> Floats:
    """The discounted cumulative gain of each query; rows of a step share its discounts."""
    discounts = 1 / np.log2(ranked.place + 2.0)
    if k is not None:
        discounts[ranked.place >= k] = 0
    share = ranked.in_step(discounts) / ranked.in_step(np.ones_like(discounts))
    return ranked.in_query((2.0**ranked.relevance - 1) * share)


def _so_far(ranked: _Ranked, values: Floats) -> Floats:
    """Sums of each row's query up to the end of the row's step, ``[n_rows]``."""
    sums = np.cumsum(values)
    ends = np.cumsum(np.bincount(ranked.step)) - 1 if len(values) else ranked.step
    before = np.concatenate([[0.0], np.cumsum(ranked.in_query(values))])
    return np.asarray(sums[ends[ranked.step]] - before[ranked.query])
