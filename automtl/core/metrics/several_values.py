"""
Scores of several predicted values a row, ``[n_rows, n_targets]``, against values of the same
shape, NaN where missing.

Each is the mean over the targets of a score on the rows where that target is there; a target that
does not define its score is left out.
"""

from collections.abc import Callable

import numpy as np

from automtl.core.metrics import values
from automtl.core.metrics._shared import Floats, mean_defined


def arrmse(predictions: Floats, targets: Floats) -> float:
    """
    Mean over the targets of `values.rrmse`: 1 for their means
    (https://doi.org/10.1007/s10994-016-5546-z).
    """
    return _mean_score(values.rrmse, predictions, targets)


def mean_r2(predictions: Floats, targets: Floats) -> float:
    """Mean over the targets of `values.r2`."""
    return _mean_score(values.r2, predictions, targets)


def mean_rmse(predictions: Floats, targets: Floats) -> float:
    """Mean over the targets of `values.rmse`, in whatever units each has."""
    return _mean_score(values.rmse, predictions, targets)


def mean_mae(predictions: Floats, targets: Floats) -> float:
    """Mean over the targets of `values.mae`, in whatever units each has."""
    return _mean_score(values.mae, predictions, targets)


def _mean_score(
    score: Callable[[Floats, Floats], float], predictions: Floats, targets: Floats
) -> float:
    there = ~np.isnan(targets).T
    columns = zip(predictions.T, targets.T, there, strict=True)
    return mean_defined(np.array([score(p[known, None], t[known]) for p, t, known in columns]))
