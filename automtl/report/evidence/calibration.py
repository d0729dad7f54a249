"""Calibration: whether what is predicted with a probability of .8 happens 8 times of 10."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Floats
from automtl.report.evidence.detail import evenly, number, numbers

N_BINS = 15  # as of the metric `calibration_error`


def calibration(probabilities: Floats, happened: NDArray[np.bool_], of: str) -> dict[str, Any]:
    """
    Reliability in bins of equal width (`On Calibration of Modern Neural Networks
    <https://arxiv.org/abs/1706.04599>`_, 2017); empty ones are left out.

    :param probabilities: ``[n]``, between 0 and 1.
    :param happened: ``[n]``.
    :param of: Of what they are the probability, in words.
    :return: For each bin the ``count``, the mean probability ``predicted`` and the share
        ``observed``; and ``gap``, the expected calibration error.
    """
    place = np.minimum((probabilities * N_BINS).astype(np.int64), N_BINS - 1)
    count = np.bincount(place, minlength=N_BINS)
    sums = [np.bincount(place, values, N_BINS) for values in (probabilities, happened)]
    gap = np.abs(sums[0] - sums[1]).sum() / max(len(place), 1)
    filled = count > 0
    predicted, observed = (values[filled] / count[filled] for values in sums)
    return {
        "of": of,
        "count": count[filled].tolist(),
        "predicted": numbers(predicted),
        "observed": numbers(observed),
        "gap": number(float(gap)),
    }


def mean_bins(predicted: Floats, true: Floats, n_bins: int = 10) -> dict[str, Any]:
    """
    Predicted and observed means in bins of equally many rows, from the lowest prediction up; rows
    with equal predictions stay together.

    :param predicted: ``[n_rows]``, at least one.
    :param true: ``[n_rows]``.
    """
    values, place = np.unique(predicted, return_inverse=True)
    ends = np.cumsum(np.bincount(place))  # rows up to each value
    bins = ((ends - 1) * n_bins // len(true))[place] if len(values) > 1 else place
    _, bins = np.unique(bins, return_inverse=True)
    count = np.bincount(bins)
    means = [np.bincount(bins, of) / count for of in (predicted, true)]
    kept = evenly(len(count), n_bins)
    return {
        "count": count[kept].tolist(),
        "predicted": numbers(means[0][kept]),
        "observed": numbers(means[1][kept]),
    }
