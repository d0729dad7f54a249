"""Scores of class probabilities, ``[n_rows, n_classes]``, against class indices, ``[n_rows]``."""

import numpy as np
from numpy.typing import NDArray

from automtl.core.metrics._shared import (
    NAN,
    TINY,
    Flags,
    Floats,
    area,
    calibration_gap,
    harmonic,
    mean,
    mean_defined,
    mean_precision,
)


def log_loss(predictions: Floats, targets: Floats) -> float:
    """
    Mean negative logarithm of the probability of the class that is there.

    >>> round(log_loss(np.array([[0.25, 0.75]]), np.array([1.0])), 3)
    0.288
    """
    return mean(-np.log(np.clip(_given(predictions, targets), TINY, 1.0)))


def brier(predictions: Floats, targets: Floats) -> float:
    """
    Half the mean squared distance from the one-hot target: between 0 and 1, and for two classes
    the squared error of one probability (https://doi.org/10.1198/016214506000001437, section 3).
    """
    return mean(np.square(predictions - _one_hot(predictions, targets)).sum(1) / 2)


def calibration_error(predictions: Floats, targets: Floats) -> float:
    """
    Expected calibration error of the most probable class in 15 bins
    (https://arxiv.org/abs/1706.04599).
    """
    if not len(targets):
        return NAN
    return calibration_gap(predictions.max(1), predictions.argmax(1) == targets)


def accuracy(predictions: Floats, targets: Floats) -> float:
    """Share of rows whose most probable class is there."""
    return mean(predictions.argmax(1) == targets)


def balanced_accuracy(predictions: Floats, targets: Floats) -> float:
    """
    Mean recall of the classes that occur in the targets
    (https://doi.org/10.1109/ICPR.2010.764).
    """
    right = predictions.argmax(1) == targets
    return mean(np.array([right[targets == c].mean() for c in np.unique(targets)]))


def precision(predictions: Floats, targets: Floats) -> float:
    """
    Share of class 1 among the rows where it is chosen, as the more probable; zero where it never
    is, NaN where it is not there.
    """
    chosen, there = predictions.argmax(1) == 1, targets == 1
    return float((chosen & there).sum() / max(chosen.sum(), 1)) if there.any() else NAN


def recall(predictions: Floats, targets: Floats) -> float:
    """Share of the rows of class 1 where it is chosen; NaN where it is not there."""
    return mean(predictions.argmax(1)[targets == 1] == 1)


def f1(predictions: Floats, targets: Floats) -> float:
    """F1 of class 1, chosen where it is the more probable; NaN where it is not there."""
    chosen, there = predictions.argmax(1) == 1, targets == 1
    return _f1(chosen, there) if there.any() else NAN


def macro_f1(predictions: Floats, targets: Floats) -> float:
    """Mean F1 of the classes that occur in targets or choices."""
    chosen = predictions.argmax(1)
    occurring = np.union1d(chosen, targets)
    return mean(np.array([_f1(chosen == c, targets == c) for c in occurring]))


def matthews(predictions: Floats, targets: Floats) -> float:
    """
    Correlation of the chosen class with the class that is there, for any number of classes
    (https://doi.org/10.1016/j.compbiolchem.2004.09.006); zero if one class is always chosen, NaN
    if the targets are all of one class.
    """
    if not len(targets) or (targets == targets[0]).all():
        return NAN
    there = _one_hot(predictions, targets)
    chosen = _one_hot(predictions, predictions.argmax(1))
    there, chosen = there - there.mean(0), chosen - chosen.mean(0)
    scale = np.sqrt(np.square(there).sum() * np.square(chosen).sum())
    return float((there * chosen).sum() / scale) if scale else 0.0


def roc_auc(predictions: Floats, targets: Floats) -> float:
    """
    Probability that a random row of class 1 is scored above one of class 0, ties counting half.
    NaN unless both classes are there.
    """
    return area(predictions[:, 1], targets == 1)


def macro_roc_auc(predictions: Floats, targets: Floats) -> float:
    """
    Mean area of each class against all others (https://doi.org/10.1016/j.patrec.2005.10.010);
    classes that are not there are left out.
    """
    return mean_defined(np.array([area(p, targets == c) for c, p in enumerate(predictions.T)]))


def average_precision(predictions: Floats, targets: Floats) -> float:
    """
    Mean of the precision at every score of class 1, weighted by the recall it adds; equal scores
    are one step, nothing is interpolated. NaN where class 1 is not there.
    """
    return mean_precision(predictions[:, 1], targets == 1)


def _given(predictions: Floats, targets: Floats) -> Floats:
    """The probability of the class that is there, ``[n_rows]``."""
    return predictions[np.arange(len(targets)), targets.astype(np.int64)]


def _one_hot(predictions: Floats, targets: NDArray[np.float64 | np.int64]) -> Floats:
    return np.eye(predictions.shape[1])[targets.astype(np.int64)]


def _f1(chosen: Flags, there: Flags) -> float:
    return float(harmonic((chosen & there).sum(), chosen.sum(), there.sum()))
