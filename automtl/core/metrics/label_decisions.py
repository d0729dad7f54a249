"""
Scores of multi-label decisions, ``[n_rows, n_labels]`` of 0 and 1, against targets of the same
shape, NaN where a label is missing.

A missing label counts nowhere. The averages of F1 are those of `A Unified View of Multi-Label
Performance Measures <https://arxiv.org/abs/1609.00288>`_.
"""

import numpy as np
from numpy.typing import NDArray

from automtl.core.metrics._shared import NAN, Floats, harmonic, mean


def hamming_loss(decisions: Floats, targets: Floats) -> float:
    """Share of the labels that are there whose decision is wrong."""
    known = ~np.isnan(targets)
    return mean(decisions[known] != targets[known])


def subset_accuracy(decisions: Floats, targets: Floats) -> float:
    """Share of rows without a wrong decision on the labels that are there."""
    known = ~np.isnan(targets)
    right = ((decisions == targets) | ~known).all(1)
    return mean(right[known.any(1)])


def micro_f1(decisions: Floats, targets: Floats) -> float:
    """F1 over all labels of all rows at once; NaN without a positive."""
    hits, chosen, there = (counts.sum() for counts in _counts(decisions, targets, axis=0))
    return float(harmonic(hits, chosen, there)) if there else NAN


def macro_f1(decisions: Floats, targets: Floats) -> float:
    """Mean F1 of the labels; one without a positive is left out."""
    hits, chosen, there = _counts(decisions, targets, axis=0)
    return mean(harmonic(hits, chosen, there)[there > 0])


def weighted_f1(decisions: Floats, targets: Floats) -> float:
    """Mean F1 of the labels, weighted by their positives; NaN without one."""
    hits, chosen, there = _counts(decisions, targets, axis=0)
    n_there = there.sum()
    return float((harmonic(hits, chosen, there) * there).sum() / n_there) if n_there else NAN


def samples_f1(decisions: Floats, targets: Floats) -> float:
    """Mean F1 of the rows; it is 1 where nothing is there and nothing chosen."""
    hits, chosen, there = _counts(decisions, targets, axis=1)
    scores = np.where(chosen + there == 0, 1.0, harmonic(hits, chosen, there))
    return mean(scores[~np.isnan(targets).all(1)])


def _counts(
    decisions: Floats, targets: Floats, axis: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Right choices, choices and positives: by label along axis 0, by row along axis 1."""
    there, chosen = targets == 1, (decisions == 1) & ~np.isnan(targets)
    return (there & chosen).sum(axis), chosen.sum(axis), there.sum(axis)
