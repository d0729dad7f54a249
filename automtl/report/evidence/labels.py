"""Evidence of tasks with a set of labels, each of which is there or not."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from automtl.core.cuts import EVEN
from automtl.core.task import Floats
from automtl.core.thresholds import Decision
from automtl.report.evidence.calibration import calibration
from automtl.report.evidence.curves import curves
from automtl.report.evidence.detail import Detail, numbers, short

PAIRED = 12  # labels that are looked at in pairs, at most


def label_evidence(
    probabilities: Floats,
    targets: Floats,
    names: Sequence[str],
    decision: Decision | None,
    detail: Detail,
) -> dict[str, Any]:
    """
    What the thresholds do, the curves of the labels, which labels come together, and the
    calibration of all probabilities.

    :param probabilities: ``[n_rows, n_labels]``.
    :param targets: The same shape: 0, 1, or NaN where a label is missing.
    :param decision: None for the more probable of the two.
    """
    decision = decision or Decision((EVEN,) * len(names))
    known, there = ~np.isnan(targets), targets == 1
    decided = np.where(known, decision.decide(probabilities), np.nan)
    most = min(PAIRED, detail.columns)
    found = {
        "thresholds": thresholds(decided, targets, names, decision, detail.columns),
        "curves": curves(np.where(known, probabilities, np.nan), there, names, detail),
        "cooccurrence": cooccurrence(decided, targets, names, most),
    }
    if probabilities.min() >= 0 and probabilities.max() <= 1:
        found["calibration"] = calibration(probabilities[known], there[known], "all labels")
    return found


def thresholds(
    decided: Floats, targets: Floats, names: Sequence[str], decision: Decision, most: int
) -> dict[str, Any]:
    """
    Precision and recall of each label's decisions, of the labels with the lowest F1.

    :param decided: ``[n_rows, n_labels]``: 0, 1 or NaN, as ``targets``.
    :return: ``of``, how many labels have positives; ``top_k`` of the decision; and of the
        ``names`` shown ``threshold``, ``precision`` (None where nothing is predicted), ``recall``
        and ``positives``.
    """
    hits = ((decided == 1) & (targets == 1)).sum(0)
    chosen, there = (decided == 1).sum(0), (targets == 1).sum(0)
    f1 = 2 * hits / np.maximum(chosen + there, 1)
    able = np.flatnonzero(there)
    shown = able[np.argsort(f1[able], kind="stable")][:most]
    with np.errstate(invalid="ignore"):
        precision, recall = hits / chosen, hits / np.maximum(there, 1)
    return {
        "of": len(able),
        "top_k": decision.top_k,
        "names": [short(names[at]) for at in shown],
        "threshold": numbers(np.array(decision.thresholds)[shown]),
        "precision": numbers(precision[shown]),
        "recall": numbers(recall[shown]),
        "positives": there[shown].tolist(),
    }


def cooccurrence(
    decided: Floats, targets: Floats, names: Sequence[str], most: int
) -> dict[str, Any]:
    """
    How often two labels come together: rows with both, as a share of those with either, as they
    are and as they are predicted, of the most frequent labels.

    :return: ``names``, and the matrices ``true`` and ``predicted``; None where no row has either.
    """
    frequent = np.sort(np.argsort(-(targets == 1).sum(0), kind="stable")[:most])
    return {
        "names": [short(names[at]) for at in frequent],
        "true": [numbers(row) for row in together(targets[:, frequent])],
        "predicted": [numbers(row) for row in together(decided[:, frequent])],
    }


def together(flags: Floats) -> Floats:
    """
    The Jaccard index of each pair of columns, ``[n_labels, n_labels]``, over the rows where both
    are known; NaN where no row has either (https://doi.org/10.1111/j.1469-8137.1912.tb05611.x).

    :param flags: ``[n_rows, n_labels]``: 0, 1 or NaN.
    """
    known, there = (~np.isnan(flags)).astype(np.float64), (flags == 1).astype(np.float64)
    both = there.T @ there
    first = there.T @ known  # rows with the one where the other is known
    with np.errstate(invalid="ignore"):
        return np.asarray(both / (first + first.T - both))
