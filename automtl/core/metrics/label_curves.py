"""
Scores of the probabilities of labels, ``[n_rows, n_labels]``, against targets of the same shape:
0, 1, or NaN where a label is missing, which counts nowhere.

A macro mean is over labels, each on the rows where it is there; labels that do not define their
score are left out: see `excluded`. A micro mean is over all labels of all rows.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from automtl.core.metrics._shared import (
    TINY,
    Flags,
    Floats,
    area,
    calibration_gap,
    mean,
    mean_defined,
    mean_precision,
)

Score: TypeAlias = Callable[[Floats, Flags], float]  # of values and what is positive, [n_rows]


def without_positives(targets: Floats) -> Flags:
    """Which labels no macro mean of F1 or precision can count, ``[n_labels]``."""
    return np.asarray(~(targets == 1).any(0))


def excluded(targets: Floats) -> Flags:
    """
    Which labels the macro mean of the area leaves out, ``[n_labels]``: those without a positive,
    which a mean of F1 or precision leaves out too, and those without a negative.
    """
    return np.asarray(without_positives(targets) | ~(targets == 0).any(0))


def macro_auc(predictions: Floats, targets: Floats) -> float:
    """Mean area under the ROC curve of the labels that have positives and negatives."""
    return _macro(area, predictions, targets)


def micro_auc(predictions: Floats, targets: Floats) -> float:
    """Area under the ROC curve of all labels at once; NaN unless 0 and 1 occur."""
    return _micro(area, predictions, targets)


def macro_average_precision(predictions: Floats, targets: Floats) -> float:
    """Mean average precision of the labels that have positives."""
    return _macro(mean_precision, predictions, targets)


def micro_average_precision(predictions: Floats, targets: Floats) -> float:
    """Average precision of all labels at once; NaN without a positive."""
    return _micro(mean_precision, predictions, targets)


def log_loss(predictions: Floats, targets: Floats) -> float:
    """Mean over labels of the mean negative logarithm of the probability of what is there."""
    return _macro(_log_loss, predictions, targets)


def brier(predictions: Floats, targets: Floats) -> float:
    """Mean over labels of the mean squared error of the probability."""
    return _macro(_squared_error, predictions, targets)


def calibration_error(predictions: Floats, targets: Floats) -> float:
    """
    Mean over labels of the expected calibration error in 15 bins of the label's probability
    (https://arxiv.org/abs/1706.04599, there of the likelier outcome).
    """
    return _macro(calibration_gap, predictions, targets)


def _macro(score: Score, predictions: Floats, targets: Floats) -> float:
    columns = zip(predictions.T, targets.T, ~np.isnan(targets).T, strict=True)
    return mean_defined(np.array([score(p[known], t[known] == 1) for p, t, known in columns]))


def _micro(score: Score, predictions: Floats, targets: Floats) -> float:
    known = ~np.isnan(targets)
    return score(predictions[known], targets[known] == 1)


def _log_loss(probabilities: Floats, positive: Flags) -> float:
    given = np.where(positive, probabilities, 1 - probabilities)
    return mean(-np.log(np.clip(given, TINY, 1.0)))


def _squared_error(probabilities: Floats, positive: Flags) -> float:
    return mean(np.square(probabilities - positive))
