"""
Metrics: scores of predictions against labels that are there.

Predictions are ``[n_rows, n_classes]`` probabilities or ``[n_rows, 1]`` values; targets are
``[n_rows]`` class indices or values. A score is NaN where the targets do not define it.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

TINY = float(np.finfo(np.float32).eps)  # smallest probability that `log_loss` believes


def log_loss(predictions: Floats, targets: Floats) -> float:
    """
    Mean negative logarithm of the probability of the class that is there.

    >>> round(log_loss(np.array([[0.25, 0.75]]), np.array([1.0])), 3)
    0.288
    """
    return _mean(-np.log(np.clip(_given(predictions, targets), TINY, 1.0)))


def brier(predictions: Floats, targets: Floats) -> float:
    """
    Half the mean squared distance from the one-hot target: between 0 and 1, and for two classes
    the squared error of one probability (https://doi.org/10.1198/016214506000001437, section 3).
    """
    return _mean(np.square(predictions - _one_hot(predictions, targets)).sum(1) / 2)


def accuracy(predictions: Floats, targets: Floats) -> float:
    """Share of rows whose most probable class is there."""
    return _mean(predictions.argmax(1) == targets)


def balanced_accuracy(predictions: Floats, targets: Floats) -> float:
    """
    Mean recall of the classes that occur in the targets
    (https://doi.org/10.1109/ICPR.2010.764).
    """
    right = predictions.argmax(1) == targets
    return _mean(np.array([right[targets == c].mean() for c in np.unique(targets)]))


def f1(predictions: Floats, targets: Floats) -> float:
    """F1 of class 1, chosen where it is the more probable; NaN where it is not there."""
    chosen, there = predictions.argmax(1) == 1, targets == 1
    return _f1(chosen, there) if there.any() else float("nan")


def macro_f1(predictions: Floats, targets: Floats) -> float:
    """Mean F1 of the classes that occur in targets or choices."""
    chosen = predictions.argmax(1)
    occurring = np.union1d(chosen, targets)
    return _mean(np.array([_f1(chosen == c, targets == c) for c in occurring]))


def roc_auc(predictions: Floats, targets: Floats) -> float:
    """
    Probability that a random row of class 1 is scored above one of class 0, ties counting half:
    the Mann-Whitney statistic. NaN unless both classes are there.
    """
    positive = targets == 1
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    _, place, counts = np.unique(predictions[:, 1], return_inverse=True, return_counts=True)
    middle_ranks = np.cumsum(counts) - (counts - 1) / 2
    above = middle_ranks[place][positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


def average_precision(predictions: Floats, targets: Floats) -> float:
    """
    Mean of the precision at every score of class 1, weighted by the recall it adds; equal scores
    are one step, nothing is interpolated. NaN where class 1 is not there.
    """
    positive = targets == 1
    if not positive.any():
        return float("nan")
    _, place, counts = np.unique(-predictions[:, 1], return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=positive)
    precision = np.cumsum(hits) / np.cumsum(counts)
    return float((precision * hits).sum() / hits.sum())


def rmse(predictions: Floats, targets: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(_mean(np.square(predictions[:, 0] - targets))))


def mae(predictions: Floats, targets: Floats) -> float:
    """Mean absolute error."""
    return _mean(np.abs(predictions[:, 0] - targets))


def r2(predictions: Floats, targets: Floats) -> float:
    """Share of the targets' variance that is explained; NaN where they do not vary."""
    if not targets.size or targets.min() == targets.max():
        return float("nan")
    unexplained = np.square(predictions[:, 0] - targets).sum()
    return float(1 - unexplained / np.square(targets - targets.mean()).sum())


def _mean(values: NDArray[Any]) -> float:
    """The mean; NaN of nothing, without a warning."""
    return float(np.mean(values, dtype=np.float64)) if values.size else float("nan")


def _given(predictions: Floats, targets: Floats) -> Floats:
    """The probability of the class that is there, ``[n_rows]``."""
    return predictions[np.arange(len(targets)), targets.astype(np.int64)]


def _one_hot(predictions: Floats, targets: Floats) -> Floats:
    return np.eye(predictions.shape[1])[targets.astype(np.int64)]


def _f1(chosen: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    return float(2 * (chosen & there).sum() / (chosen.sum() + there.sum()))
