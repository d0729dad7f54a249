"""
Scores of how each row ranks its labels: probabilities ``[n_rows, n_labels]`` against targets of
the same shape, 0, 1, or NaN where a label is missing.

Each is the mean over rows of a score of the labels that are there; a row without any is left out.
Definitions, and what a row without positives or without negatives counts, are those of
`scikit-learn <https://scikit-learn.org/stable/modules/model_evaluation.html>`_, after `Mining
Multi-label Data <https://doi.org/10.1007/978-0-387-09823-4_34>`_ (2010).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automtl.core.metrics._shared import Floats, mean


@dataclass(frozen=True)
class _Ranked:
    """
    The labels of each row from the highest probability down, missing ones behind.

    :param positive: Which are there and positive, ``[n_rows, n_labels]``.
    :param above: How many known labels have at least this probability, ``[n_rows, n_labels]``.
    :param hits: How many of these are positive.
    :param top: Whether no label has a higher probability.
    :param n_known: Known labels, ``[n_rows]``.
    """

    positive: NDArray[np.bool_]
    above: NDArray[np.int64]
    hits: NDArray[np.int64]
    top: NDArray[np.bool_]
    n_known: NDArray[np.int64]

    @property
    def n_positive(self) -> NDArray[np.int64]:
        """``[n_rows]``."""
        return np.asarray(self.positive.sum(1))


def ranking_loss(predictions: Floats, targets: Floats) -> float:
    """
    Share of the pairs of a positive and a negative that are not ranked in this order, ties
    included; zero for a row without such a pair.
    """
    ranked = _ranked(predictions, targets)
    wrong = ((ranked.above - ranked.hits) * ranked.positive).sum(1)
    pairs = ranked.n_positive * (ranked.n_known - ranked.n_positive)
    return mean(wrong / np.maximum(pairs, 1))


def coverage_error(predictions: Floats, targets: Floats) -> float:
    """
    How far one must go down the ranking to cover all positives, ties included: at best their
    number, and zero for a row without one. (One more than in the reference.)
    """
    ranked = _ranked(predictions, targets)
    return mean((ranked.above * ranked.positive).max(1, initial=0))


def one_error(predictions: Floats, targets: Floats) -> float:
    """
    Share of rows whose highest ranked label is not positive; of equal ones, each counts its part.
    Rows without a positive are left out.
    """
    ranked = _ranked(predictions, targets)
    hit = (ranked.top & ranked.positive).sum(1) / np.maximum(ranked.top.sum(1), 1)
    return mean(1 - hit[ranked.n_positive > 0])


def label_ranking_average_precision(predictions: Floats, targets: Floats) -> float:
    """
    Mean over the positives of the share of positives among the labels ranked at least as high; 1
    for a row without positives or without negatives.
    """
    ranked = _ranked(predictions, targets)
    shares = (ranked.hits / np.maximum(ranked.above, 1) * ranked.positive).sum(1)
    scores = shares / np.maximum(ranked.n_positive, 1)
    trivial = (ranked.n_positive == 0) | (ranked.n_positive == ranked.n_known)
    return mean(np.where(trivial, 1.0, scores))


def _ranked(predictions: Floats, targets: Floats) -> _Ranked:
    rows = ~np.isnan(targets).all(1)
    predictions, targets = predictions[rows], targets[rows]
    known = ~np.isnan(targets)
    losses = np.where(known, -predictions, np.inf)
    order = np.argsort(losses, axis=1, kind="stable")
    losses, known, positive = (
        np.take_along_axis(array, order, axis=1) for array in (losses, known, targets == 1)
    )
    ends = _ends(losses)
    above = np.take_along_axis(known.cumsum(1), ends, axis=1)
    hits = np.take_along_axis(positive.cumsum(1), ends, axis=1)
    top = (losses == losses[:, :1]) & known
    return _Ranked(positive, above, hits, top, known.sum(1))


def _ends(values: Floats) -> NDArray[np.int64]:
    """Where the equal values around each value end, in rows that ascend, ``[n_rows, n_labels]``."""
    n_labels = values.shape[1]
    last = np.ones(values.shape, dtype=bool)
    last[:, :-1] = values[:, 1:] != values[:, :-1]
    places = np.where(last, np.arange(n_labels), n_labels)
    return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
