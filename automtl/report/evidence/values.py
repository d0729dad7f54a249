"""Evidence of tasks whose labels are numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from automtl.core.task import Floats
from automtl.report.evidence.calibration import mean_bins
from automtl.report.evidence.detail import Detail, evenly, number, numbers, short

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
N_BARS = 21  # of a histogram of residuals
DRAWN = 2  # columns of several that are drawn row by row: the worst


def value_evidence(
    predictions: Floats, targets: Floats, names: Sequence[str], whole: bool, detail: Detail
) -> dict[str, Any]:
    """
    The residuals, predicted minus true, of each column; those of several columns are compared by
    their size relative to the spread of the column.

    :param predictions: ``[n_rows, n_columns]``.
    :param targets: The same shape, NaN where missing.
    :param names: Of the columns.
    :param whole: Whether labels are counts, which bins of predictions are shown for too.
    """
    known = np.isfinite(predictions) & np.isfinite(targets)
    able = [at for at in range(len(names)) if known[:, at].any()]
    pairs = {at: (predictions[known[:, at], at], targets[known[:, at], at]) for at in able}
    found = {at: residuals(*pair) for at, pair in pairs.items()}
    worst = sorted(able, key=lambda at: -(found[at]["relative"] or 0.0))[: detail.columns]
    rows = []
    for rank, at in enumerate(worst):
        drawn = spots(*pairs[at], detail.spots) if rank < DRAWN else {}
        binned = {"bins": mean_bins(*pairs[at])} if whole and rank < DRAWN else {}
        rows.append({"name": short(names[at]), **found[at], **drawn, **binned})
    return {"values": {"of": len(able), "shown": rows}} if rows else {}


def residuals(predicted: Floats, true: Floats) -> dict[str, Any]:
    """
    How residuals are spread: in the unit of the labels, but for ``relative``.

    :param predicted: ``[n_rows]``, at least one.
    :param true: ``[n_rows]``.
    :return: ``mean`` and its standard error ``error`` (None of one row); ``quantiles``, as
        `QUANTILES`; ``spread``, the standard deviation of the labels; ``relative``, the root mean
        square residual by that spread (None where labels do not vary); ``rows``; and the
        ``histogram``: ``low``, ``high`` and ``counts`` of bars of equal width between the outer
        quantiles and as far again, and how many lie ``below`` and ``above``.
    """
    off, spread = predicted - true, float(true.std())
    quantiles = np.quantile(off, QUANTILES)
    rms = float(np.sqrt(np.square(off).mean()))
    return {
        "rows": len(off),
        "mean": number(float(off.mean())),
        "error": number(float(off.std(ddof=1) / len(off) ** 0.5)) if len(off) > 1 else None,
        "quantiles": numbers(quantiles),
        "spread": number(spread),
        "relative": number(rms / spread) if spread else None,
        "histogram": histogram(off),
    }


def histogram(off: Floats) -> dict[str, Any]:
    """Bars around zero, which is the middle of the middle one; see `residuals`."""
    reach = 1.5 * float(np.quantile(np.abs(off), QUANTILES[-1])) or float(np.abs(off).max()) or 1.0
    counts, _ = np.histogram(off, N_BARS, (-reach, reach))
    return {
        "low": number(-reach),
        "high": number(reach),
        "counts": counts.tolist(),
        "below": int((off < -reach).sum()),
        "above": int((off > reach).sum()),
    }


def spots(predicted: Floats, true: Floats, most: int) -> dict[str, Any]:
    """
    Rows to be drawn, at most so many: evenly spaced in the order of their labels, the lowest and
    the highest included, so that the same rows are always chosen.
    """
    order = np.lexsort((predicted, true))
    kept = order[evenly(len(order), most)]
    return {"true": numbers(true[kept]), "predicted": numbers(predicted[kept])}
