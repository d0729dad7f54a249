"""ROC and precision-recall curves of classes or labels, each against the rest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automtl.core.cuts import Cuts
from automtl.core.task import Floats
from automtl.report.evidence.detail import Detail, evenly, number, numbers, short

MANY = 40  # points of a curve that is drawn with others


def curves(
    scores: Floats, positive: NDArray[np.bool_], names: Sequence[str], detail: Detail
) -> dict[str, Any]:
    """
    The curves of those that are hardest to tell, lowest area first.

    :param scores: ``[n_rows, n_names]``; NaN where it is not known what is there.
    :param positive: ``[n_rows, n_names]``.
    :return: ``of``, how many names have a curve, and ``shown``, the `curve` of each that is kept.
    """
    able = [at for at in range(len(names)) if _able(scores[:, at], positive[:, at])]
    cuts = {at: _cuts(scores[:, at], positive[:, at]) for at in able}
    areas = {at: area(found) for at, found in cuts.items()}
    hardest = sorted(able, key=lambda at: areas[at])[: detail.curves]
    points = detail.points if len(hardest) < 2 else min(detail.points, MANY)
    shown = [{"name": short(names[at]), **curve(cuts[at], points)} for at in hardest]
    return {"of": len(able), "shown": shown}


def curve(cuts: Cuts, points: int) -> dict[str, Any]:
    """
    Both curves of one class or label, thinned, and the exact areas under them.

    :return: ``roc``: false and true positive rates, both ascending. ``pr``: recall, ascending, and
        precision, of the thresholds that find another positive. ``auc``; ``ap``, the average
        precision; ``share``, how many of the rows are positive.
    """
    false, true = rates(cuts)
    found = np.flatnonzero(np.diff(cuts.hits)) + 1  # the cuts that find another positive
    recall, precision = true[found], cuts.hits[found] / cuts.chosen[found]
    kept, steps = thinned(false, true, points), thinned(recall, precision, points)
    return {
        "roc": [numbers(false[kept]), numbers(true[kept])],
        "pr": [numbers(recall[steps]), numbers(precision[steps])],
        "auc": number(area(cuts)),
        "ap": number(float((np.diff(recall, prepend=0.0) * precision).sum())),
        "share": number(cuts.n_positive / int(cuts.chosen[-1])),
    }


def rates(cuts: Cuts) -> tuple[Floats, Floats]:
    """The false and the true positive rate of each cut, from that which chooses nothing."""
    n_negative = int(cuts.chosen[-1]) - cuts.n_positive
    return (cuts.chosen - cuts.hits) / n_negative, cuts.hits / cuts.n_positive


def area(cuts: Cuts) -> float:
    """The area under the ROC curve, by trapezoids, so that ties count half."""
    false, true = rates(cuts)
    return float(np.trapezoid(true, false))


def thinned(x: Floats, y: Floats, most: int) -> NDArray[np.int64]:
    """
    The places of at most so many points of a curve, the ends included: its corners, or if these are
    too many some of them, evenly spaced along the curve.
    """
    bends = np.hypot(np.diff(x, 2), np.diff(y, 2)) > 1e-9
    corners = (
        np.flatnonzero(np.concatenate([[True], bends, [True]])) if len(x) > 2 else evenly(len(x), 2)
    )
    if len(corners) <= most:
        return corners
    length = np.cumsum(
        np.hypot(np.diff(x[corners], prepend=x[0]), np.diff(y[corners], prepend=y[0]))
    )
    nearest = np.searchsorted(length, np.linspace(0, length[-1], most) - 1e-9)
    kept = np.unique([0, *nearest[1:-1], len(corners) - 1])
    return np.asarray(corners[kept], dtype=np.int64)


def _able(scores: Floats, positive: NDArray[np.bool_]) -> bool:
    """Whether there are positives and negatives."""
    return len(np.unique(positive[~np.isnan(scores)])) == 2


def _cuts(scores: Floats, positive: NDArray[np.bool_]) -> Cuts:
    known = ~np.isnan(scores)
    return Cuts.of(scores[known], positive[known])
