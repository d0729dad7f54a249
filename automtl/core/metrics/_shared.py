"""What scores are made of."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

NAN = float("nan")
TINY = float(np.finfo(np.float32).eps)  # smallest probability that a log loss believes
N_BINS = 15  # of a calibration error, as in the paper


def mean(values: NDArray[Any]) -> float:
    """The mean; NaN of nothing, without a warning."""
    return float(np.mean(values, dtype=np.float64)) if values.size else NAN


def mean_defined(values: Floats) -> float:
    """The mean of those that are not NaN."""
    return mean(values[~np.isnan(values)])


def harmonic(hits: Any, chosen: Any, there: Any) -> Any:
    """F1 of the counts of right choices, choices and what is there: zero where all are zero."""
    return 2 * hits / np.maximum(chosen + there, 1)


def area(values: Floats, positive: Flags) -> float:
    """
    Probability that a random positive has a larger value than a random negative, ties counting
    half: the Mann-Whitney statistic. NaN without a positive or without a negative.

    :param values: ``[n_rows]``.
    :param positive: ``[n_rows]``.
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return NAN
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle_ranks = np.cumsum(counts) - (counts - 1) / 2
    above = middle_ranks[place][positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


def mean_precision(values: Floats, positive: Flags) -> float:
    """
    Mean of the precision at every value, weighted by the recall it adds; equal values are one
    step, nothing is interpolated. NaN without a positive.

    :param values: ``[n_rows]``.
    :param positive: ``[n_rows]``.
    """
    if not positive.any():
        return NAN
    _, place, counts = np.unique(-values, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=positive)
    precision = np.cumsum(hits) / np.cumsum(counts)
    return float((precision * hits).sum() / hits.sum())


def calibration_gap(confidence: Floats, right: Flags) -> float:
    """
    Mean distance between confidence and how often it is right, over `N_BINS` bins of equal width,
    weighted by their rows: the expected calibration error of `On Calibration of Modern Neural
    Networks <https://arxiv.org/abs/1706.04599>`_ (ICML 2017). NaN without rows.

    :param confidence: ``[n_rows]``, between 0 and 1.
    :param right: ``[n_rows]``.
    """
    bins = np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=N_BINS)
    return float(np.abs(gaps).sum() / len(right)) if len(right) else NAN
