"""Scores of predicted values, ``[n_rows, 1]``, against values, ``[n_rows]``."""

import numpy as np

from automtl.core.metrics._shared import NAN, TINY, Floats, mean


def rmse(predictions: Floats, targets: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(mean(np.square(predictions[:, 0] - targets))))


def mae(predictions: Floats, targets: Floats) -> float:
    """Mean absolute error."""
    return mean(np.abs(predictions[:, 0] - targets))


def r2(predictions: Floats, targets: Floats) -> float:
    """Share of the targets' variance that is explained; NaN where they do not vary."""
    return 1 - unexplained(predictions[:, 0], targets)


def rrmse(predictions: Floats, targets: Floats) -> float:
    """
    Root of the squared error relative to that of the targets' mean, which has 1
    (https://doi.org/10.1007/s10994-016-5546-z, where the mean is that of the training
    targets; here it is that of the targets given). NaN where they do not vary.
    """
    return float(np.sqrt(unexplained(predictions[:, 0], targets)))


def poisson_deviance(predictions: Floats, targets: Floats) -> float:
    """
    Mean of ``2 (y log(y / p) - y + p)`` for targets ``y`` and predicted rates ``p``
    (McCullagh and Nelder, Generalized Linear Models, 1989, section 2.3). A rate below `TINY`
    counts as that, as a probability does in `log_loss`.
    """
    rates = np.maximum(predictions[:, 0], TINY)
    logs = np.log(np.where(targets > 0, targets, 1.0) / rates)
    return max(0.0, 2 * mean(targets * logs - targets + rates)) if targets.size else NAN


def unexplained(predictions: Floats, targets: Floats) -> float:
    """Squared error relative to that of the mean, both ``[n_rows]``; NaN if they do not vary."""
    if not targets.size or targets.min() == targets.max():
        return NAN
    squares = np.square(predictions - targets).sum()
    return float(squares / np.square(targets - targets.mean()).sum())
