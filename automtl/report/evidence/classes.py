"""Evidence of tasks whose labels are of classes or of levels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.core.labels import chosen
from automtl.core.task import Floats
from automtl.report.evidence.calibration import calibration
from automtl.report.evidence.curves import curves
from automtl.report.evidence.detail import Detail, short


def class_evidence(
    probabilities: Floats, targets: Floats, classes: Sequence[str], ordered: bool, detail: Detail
) -> dict[str, Any]:
    """
    Who is taken for whom, the curves of the classes, and calibration: for two classes of the
    probability of the second, else of that of the most probable one.

    :param probabilities: ``[n_rows, n_classes]``.
    :param targets: Class indices, ``[n_rows]``.
    :param ordered: Whether the classes are levels, from the lowest to the highest.
    """
    there, predicted = targets.astype(np.int64), chosen(probabilities, ordered)
    found = {
        "confusion": {"ordered": ordered, **confusion(there, predicted, classes, detail.classes)},
        "curves": curves(*_told_apart(probabilities, there, classes, ordered), detail),
    }
    if probabilities.min() >= 0 and probabilities.max() <= 1:  # else they are no probabilities
        if len(classes) == 2:
            given = (probabilities[:, 1], there == 1, short(classes[1]))
        else:
            right = probabilities.argmax(1) == there
            given = (probabilities.max(1), right, "the most probable class")
        found["calibration"] = calibration(*given)
    return found


def _told_apart(
    probabilities: Floats, there: NDArray[np.int64], classes: Sequence[str], ordered: bool
) -> tuple[Floats, NDArray[np.bool_], Sequence[str]]:
    """
    What there are curves of: each class against all others; of two the second alone, as both
    curves are one, mirrored; of levels each but the lowest, with all above it.
    """
    if ordered:
        reached = probabilities[:, ::-1].cumsum(1)[:, ::-1][:, 1:]
        names = [f"{name} or above" for name in classes[1:]]
        return reached, there[:, None] >= np.arange(1, len(classes)), names
    first = 1 if len(classes) == 2 else 0
    positive = there[:, None] == np.arange(first, len(classes))
    return probabilities[:, first:], positive, classes[first:]


def confusion(
    there: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str], most: int
) -> dict[str, Any]:
    """
    How often which class was taken for which.

    :param there: ``[n_rows]`` class indices.
    :param predicted: The same, as predicted.
    :param most: Classes in the matrix: the most frequent, in their own order; the others are
        folded into one, which comes last.
    :return: ``classes``; ``folded``, how many are in the last of them, 0 if none is folded;
        ``counts``, a row for each class that is there and a column for each that was chosen; and
        ``right``, how many rows have the right class.
    """
    occurring = np.bincount(there, minlength=len(classes))
    kept = np.arange(len(classes))
    if len(classes) > most:
        kept = np.sort(np.argsort(-occurring, kind="stable")[: most - 1])
    place = np.full(len(classes), len(kept))
    place[kept] = np.arange(len(kept))
    folded = len(classes) - len(kept)
    size = len(kept) + (folded > 0)
    counts = np.bincount(place[there] * size + place[predicted], minlength=size**2)
    names = [short(classes[at]) for at in kept.tolist()] + ([f"{folded} others"] if folded else [])
    return {
        "classes": names,
        "folded": folded,
        "counts": counts.reshape(size, size).tolist(),
        "right": int((there == predicted).sum()),
    }
