"""Class labels: which there are, how often, the index of each, and which one is predicted."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.errors import DataError
from automtl.suggest import did_you_mean

Floats: TypeAlias = NDArray[np.float64]

HALF = 0.5  # the probability that is reached at the median


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
    The index of each label among ``classes``, ``[n_rows]``; NaN where it is missing. A label that
    is the same number as a class is of it, however it is written.

    :raises DataError: If a label is not one of ``classes``.
    """
    indices: dict[str | None, float] = {label: float(i) for i, label in enumerate(classes)}
    indices[None] = float("nan")
    labels = respelt(labels, classes)
    if unknown := sorted(set(labels.tolist()) - indices.keys()):
        raise DataError(f"Labels are of {listing(classes)}, but there is {listing(unknown)}.")
    return np.array([indices[label] for label in labels.tolist()], dtype=np.float64)


def respelt(labels: NDArray[Any], names: Collection[str]) -> NDArray[Any]:
    """
    Labels, ``[n_rows]``, of which those that are the same number as one of ``names`` are written
    like it: pandas writes integers as ``2.0`` where some are missing.

    >>> respelt(np.array(["2.0", "3", None], dtype=object), ["1", "2", "three"]).tolist()
    ['2', '3', None]
    """
    others = set(labels.tolist()) - {None, *names}
    if not others:
        return labels
    named = {as_number(name): name for name in names}
    named.pop(None, None)  # those that are no numbers
    spelt = {label: named.get(as_number(label), label) for label in others}
    return np.array([spelt.get(label, label) for label in labels.tolist()], dtype=object)


def named(given: object, names: Collection[str]) -> str:
    """
    The class that a configuration names.

    :raises DataError: If there is no such class.

    >>> named(1, ["0.0", "1.0"])
    '1.0'
    """
    name: str = respelt(np.array([str(given)], dtype=object), names)[0]
    if name not in names:
        raise DataError(f"There is no class '{name}'; {did_you_mean(name, names)}")
    return name


def as_number(label: str) -> float | None:
    """
    The finite number that a label is, or None.

    >>> as_number("2.0"), as_number("two"), as_number("inf")
    (2.0, None, None)
    """
    try:
        value = float(label.replace("_", "?"))  # `float` would allow 1_000
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def chosen(probabilities: Floats, ordered: bool) -> NDArray[np.int64]:
    """
    The index of the class that is predicted, ``[n_rows]``: the most probable one, of equal ones the
    first; of levels the median, which may be another one: the first that a row exceeds with a
    probability of one half or less, which is as many as it exceeds with more
    (https://arxiv.org/abs/2111.08851). Exported files decide alike, and sum in 64 bits, too.

    :param probabilities: ``[n_rows, n_classes]``.
    :param ordered: Whether the classes are levels, from the lowest to the highest.

    >>> chosen(np.array([[0.4, 0.3, 0.3]]), ordered=True).tolist()
    [1]
    """
    if ordered:
        return np.asarray((np.cumsum(probabilities, axis=1, dtype=np.float64) >= HALF).argmax(1))
    return np.asarray(probabilities.argmax(1))


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
    names = respelt(np.array([str(name) for name in given], dtype=object), counts.keys()).tolist()
    if len(set(names)) < len(names):
        raise DataError(f"Each class has one weight, but one is given twice in {given!r}.")
    factors = dict(zip(names, map(float, given.values()), strict=True))
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
