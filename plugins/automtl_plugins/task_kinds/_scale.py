"""The scale of numeric labels."""

import numpy as np
from numpy.typing import NDArray

from automtl.core.task import Floats
from automtl.errors import DataError

LARGEST = 1e18  # the square fits into 32 bits
MEND = "Leave it out of the targets, or split in another way."


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
        raise DataError(
            f"Of {subject}, there are labels in the training part, but found none. {MEND}"
        )
    if known.min() == known.max():
        raise DataError(
            f"The labels of {subject} vary in the training part, but all {known.size} are "
            f"{known[0]:g}. {MEND}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = float(known.mean()), float(known.std())
    if not (0 < std < LARGEST and abs(mean) < LARGEST):
        raise DataError(
            f"The labels of {subject} have a mean up to {LARGEST:g} and a standard deviation "
            f"between 0 and that, but got {mean:g} and {std:g}. Rescale them."
        )
    return mean, std
