"""Class labels: which there are, how often, and the index of each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.errors import DataError
from automtl.suggest import did_you_mean

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


def class_weights(given: object, counts: Mapping[str, int]) -> tuple[float, ...]:
    """
    How much a label of each class weighs in the loss, in the order of ``counts``: in proportion to
    what is given, with a mean of one over the training labels. A class that is not given counts as
    given with 1. Empty if nothing is given.

    :param given: A factor by class.
    :param counts: The training labels of each class.
    :raises DataError: If it is no mapping of classes to positive numbers.

    >>> class_weights({"rare": 3}, {"rare": 10, "common": 30})
    (2.0, 0.6666666666666666)
    """
    if given is None:
        return ()
    if not isinstance(given, Mapping) or not all(map(_is_factor, given.values())):
        raise DataError(
            f"Class weights are a positive number for each class, such as "
            f"{{{next(iter(counts))}: 2}}, but got {given!r}."
        )
    factors = {str(name): float(factor) for name, factor in given.items()}
    if unknown := [name for name in factors if name not in counts]:
        raise DataError(
            f"Class weights are of classes that there are, but there is no class '{unknown[0]}'; "
            f"{did_you_mean(unknown[0], counts)}"
        )
    raw = {name: factors.get(name, 1.0) for name in counts}
    mean = sum(raw[name] * count for name, count in counts.items()) / sum(counts.values())
    return tuple(weight / mean for weight in raw.values())


def _is_factor(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < float(value) < float("inf")  # type: ignore[arg-type]


def smoothed_frequencies(counts: tuple[int, ...]) -> Floats:
    """
    Laplace's rule of succession, ``[n_classes]``: the class frequencies had each class been seen
    once more, so that a rare class is not all but ruled out.
    """
    return (np.array(counts) + 1.0) / (sum(counts) + len(counts))


def entropy(counts: tuple[int, ...], weights: tuple[float, ...] = ()) -> float:
    """
    The entropy of the class frequencies, in nats; some class was seen.

    :param weights: What a label of each class counts, if not all count the same.
    """
    weighed = np.array(counts) * np.array(weights or (1.0,) * len(counts))
    frequencies = weighed[weighed > 0] / weighed.sum()
    return float(-(frequencies * np.log(frequencies)).sum())


def listing(labels: tuple[str, ...] | list[str], most: int = 5) -> str:
    """
    The first few labels, ``most`` of them, for a message.

    >>> listing(["no", "yes"])
    "'no', 'yes'"
    """
    shown = ", ".join(repr(label) for label in labels[:most])
    return f"{shown} and {len(labels) - most} more" if len(labels) > most else shown
