"""
Scores of level probabilities, ``[n_rows, n_levels]``, against indices of levels, ``[n_rows]``.

A level is chosen as the median of its probabilities: how many levels are exceeded with a
probability above one half (https://arxiv.org/abs/2111.08851).
"""

import numpy as np

from automtl.core.metrics._shared import NAN, Floats, mean


def level_mae(predictions: Floats, targets: Floats) -> float:
    """Mean distance of the chosen level from the one that is there, in levels."""
    return mean(np.abs(_median(predictions) - targets))


def quadratic_kappa(predictions: Floats, targets: Floats) -> float:
    """
    One minus the mean squared distance of the chosen level from the one that is there, relative
    to what it would be if rows were shuffled (https://doi.org/10.1037/h0026256). NaN where all
    targets are of one level.
    """
    if not len(targets) or (targets == targets[0]).all():
        return NAN
    chosen = _median(predictions)
    shuffled = chosen.var() + targets.var() + (chosen.mean() - targets.mean()) ** 2
    return float(1 - np.square(chosen - targets).mean() / shuffled)


def _median(predictions: Floats) -> Floats:
    exceeded = 1 - np.cumsum(predictions[:, :-1], axis=1)
    return np.asarray((exceeded > 0.5).sum(1), dtype=np.float64)
