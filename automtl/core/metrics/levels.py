"""
Scores of level probabilities, ``[n_rows, n_levels]``, against indices of levels, ``[n_rows]``.

The level that is chosen is the median, see `automtl.core.labels.chosen`.
"""

import numpy as np

from automtl.core.labels import chosen
from automtl.core.metrics._shared import NAN, Floats, mean


def level_mae(predictions: Floats, targets: Floats) -> float:
    """Mean distance of the chosen level from the one that is there, in levels."""
    return mean(np.abs(chosen(predictions, ordered=True) - targets))


def quadratic_kappa(predictions: Floats, targets: Floats) -> float:
    """
    One minus the mean squared distance of the chosen level from the one that is there, relative
    to what it would be if rows were shuffled (https://doi.org/10.1037/h0026256). NaN where all
    targets are of one level.
    """
    if not len(targets) or (targets == targets[0]).all():
        return NAN
    levels = chosen(predictions, ordered=True)
    shuffled = levels.var() + targets.var() + (levels.mean() - targets.mean()) ** 2
    return float(1 - np.square(levels - targets).mean() / shuffled)
