"""The scale of numeric labels."""

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Floats
from automtl.errors import DataError


def mean_and_std(labels: Floats, train: NDArray[np.bool_], subject: str) -> tuple[float, float]:
    """
    Mean and standard deviation, with divisor ``n``, of the training labels.

    :param labels: All labels, ``[n_rows]``, NaN where missing.
    :param train: Which rows are for training.
    :param subject: What has these labels, for messages.
    :raises DataError: Unless all labels are finite and those for training vary.
    """
    if np.isinf(labels).any():
        raise DataError(f"The labels of {subject} are finite, but some are infinite.")
    known = labels[train & ~np.isnan(labels)]
    if not known.size:
        raise DataError(f"Of {subject}, there are labels in the training part, but found none.")
    if known.min() == known.max():
        raise DataError(
            f"The labels of {subject} vary in the training part, but all {known.size} are "
            f"{known[0]:g}."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(known.mean()), float(known.std())
    if not 0 < std < np.inf:
        raise DataError(
            f"The labels of {subject} have a standard deviation that a float can hold, but got "
            f"{std}. Rescale them."
        )
    return mean, std
