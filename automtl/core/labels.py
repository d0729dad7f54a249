"""Class labels: which there are, how often, and the index of each."""

from collections import Counter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.errors import DataError

Floats: TypeAlias = NDArray[np.float64]


def count_classes(labels: NDArray[Any], train: NDArray[np.bool_]) -> dict[str, int]:
    """
    How many training rows each class has, in the order of the classes' text.

    :param labels: All labels, ``[n_rows]``: strings, None where missing.
    :param train: Which rows are for training, ``[n_rows]``.
    :raises DataError: If a class has no training row; nothing could be learned of it.
    """
    everywhere = sorted({label for label in labels.tolist() if label is not None})
    counts = Counter(labels[train].tolist())
    if absent := [label for label in everywhere if not counts[label]]:
        raise DataError(
            f"Every class has a row in the training part, but {listing(absent)} has none. "
            f"Clear or merge such labels, or split the rows another way."
        )
    return {label: counts[label] for label in everywhere}


def class_indices(labels: NDArray[Any], classes: tuple[str, ...]) -> Floats:
    """
    The index of each label among ``classes``, ``[n_rows]``; NaN where it is missing.

    :raises DataError: If a label is not one of ``classes``.
    """
    indices: dict[str | None, float] = {label: float(i) for i, label in enumerate(classes)}
    indices[None] = float("nan")
    if unknown := sorted(set(labels.tolist()) - indices.keys()):
        raise DataError(f"Labels are of {listing(classes)}, but there is {listing(unknown)}.")
    return np.array([indices[label] for label in labels.tolist()], dtype=np.float64)


def smoothed_frequencies(counts: tuple[int, ...]) -> Floats:
    """
    Laplace's rule of succession, ``[n_classes]``: the class frequencies had each class been seen
    once more, so that a rare class is not all but ruled out.
    """
    return (np.array(counts) + 1.0) / (sum(counts) + len(counts))


def entropy(counts: tuple[int, ...]) -> float:
    """The entropy of the class frequencies, in nats; some class was seen."""
    frequencies = np.array([count for count in counts if count]) / sum(counts)
    return float(-(frequencies * np.log(frequencies)).sum())


def listing(labels: tuple[str, ...] | list[str], most: int = 5) -> str:
    """
    The first few labels, ``most`` of them, for a message.

    >>> listing(["no", "yes"])
    "'no', 'yes'"
    """
    shown = ", ".join(repr(label) for label in labels[:most])
    return f"{shown} and {len(labels) - most} more" if len(labels) > most else shown
