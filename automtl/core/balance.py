"""Thresholds that raise macro F1 without more mistakes than even odds make."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from automtl.core.cuts import EVEN, Cuts, Floats, label_cuts, pooled_cuts

ENOUGH = 10_000  # rows to find thresholds on
CREDIBLE = 4.0  # standard deviations: the best of many thresholds has some by luck
TRUSTED = 300.0  # positives that count as much as the probabilities: see `_expected`
SPENT = (1.0, 0.5, 0.25, 0.0)  # shares of the mistakes to spend


def balance(probabilities: Floats, targets: Floats) -> tuple[float, ...]:
    """
    A threshold for each label.

    Each label has the threshold with the fewest mistakes, and mistakes are then spent where F1
    rises most for each, until what the fewest leave of those at 0.5 is spent. Mistakes and F1 are
    mostly those that the probabilities promise and, the more positives a label has, those that its
    rows show: a threshold that follows the rows alone is paid for on others, since 400 rows of six
    labels cannot tell what 50 mistakes more or less are worth.

    Where another common threshold than 0.5 makes clearly fewer mistakes, because a loss has shifted
    the probabilities, it stands for 0.5 in all of this.

    On the rows given there are never more mistakes in all (Hamming loss) than at 0.5, and macro
    F1 is not lower. Thresholds are found on some 10,000 rows at most.

    :param probabilities: ``[n_rows, n_labels]``.
    :param targets: The same shape: 0, 1, or NaN where a label is missing.
    """
    even = _even(probabilities, targets)
    plain: tuple[float, ...] = (even,) * targets.shape[1]
    mistakes, f1 = _score(probabilities, targets, plain)
    few = slice(None, None, max(1, len(targets) // ENOUGH))
    purse = _Purse.of(_shifted(probabilities[few], even, EVEN), targets[few])
    for share in SPENT:
        spent = _shifted(np.array(purse.spend(share)), EVEN, even)
        found = tuple(spent.astype(np.float32).astype(np.float64).tolist())
        n_mistakes, reached = _score(probabilities, targets, found)
        if n_mistakes <= mistakes and reached >= f1:
            return found
    return plain


def _even(probabilities: Floats, targets: Floats) -> float:
    """
    0.5, unless the best common threshold makes credibly fewer mistakes: of the decisions that
    differ, each as likely to be a change for the better as for the worse if 0.5 is right, more are
    for the better by `CREDIBLE` standard deviations (McNemar's test,
    https://doi.org/10.1007/BF02295996).
    """
    cuts = pooled_cuts(probabilities, targets)
    best, even = cuts.best(-cuts.mistakes), cuts.at(EVEN)
    differing = abs(cuts.chosen[best] - cuts.chosen[even])
    fewer = cuts.mistakes[even] - cuts.mistakes[best]
    shifted = fewer > CREDIBLE * np.sqrt(differing)
    return min(float(cuts.thresholds[best]), 1.0) if shifted else EVEN


def _shifted(probabilities: Floats, before: float, after: float) -> Floats:
    """Probabilities whose log odds are moved by as much as takes ``before`` to ``after``."""
    if before == after or not 0 < before < 1 or not 0 < after < 1:
        return probabilities
    odds = (after / (1 - after)) / (before / (1 - before))
    return np.asarray(odds * probabilities / (1 + (odds - 1) * probabilities))


@dataclass(frozen=True)
class _Purse:
    """
    What thresholds do to some rows, and how to spend mistakes on F1.

    :param labels: The cuts of each label, as they are expected to be on other rows.
    :param paths: The cuts of each label that are worth their mistakes, ascending.
    """

    labels: Sequence["_Expected"]
    paths: Sequence[Sequence[int]]

    @classmethod
    def of(cls, probabilities: Floats, targets: Floats) -> "_Purse":
        columns = zip(label_cuts(probabilities, targets), probabilities.T, targets.T, strict=True)
        labels = [_expected(cuts, p[~np.isnan(t)]) for cuts, p, t in columns]
        return cls(labels, [_path(cuts) for cuts in labels])

    def spend(self, share: float) -> list[float]:
        """
        The thresholds when a share of the mistakes at 0.5 beyond the fewest is spent, the steepest
        rise of F1 first: the greedy solution of a multiple-choice knapsack
        (https://doi.org/10.1016/0377-2217(95)00015-I), the optimum but for the steps that do not
        fit in.
        """
        budget = share * sum(
            label.mistakes[label.even] - label.mistakes.min() for label in self.labels
        )
        steps = [
            (-_slope(label, *pair), number, place)
            for number, (label, path) in enumerate(zip(self.labels, self.paths, strict=True))
            for place, pair in enumerate(pairwise(path))
        ]
        places = [0] * len(self.labels)
        for _, number, place in sorted(steps):  # slopes fall along a path: its steps come in order
            mistakes, path = self.labels[number].mistakes, self.paths[number]
            price = float(mistakes[path[place + 1]] - mistakes[path[place]])
            if place == places[number] and price <= budget:
                places[number], budget = place + 1, budget - price
        found = zip(self.labels, self.paths, places, strict=True)
        return [min(float(label.thresholds[path[place]]), 1.0) for label, path, place in found]


@dataclass(frozen=True)
class _Expected:
    """
    The cuts of a label, with what is expected of them on other rows.

    :param thresholds: ``[n_cuts]``, descending.
    :param f1: F1 of each.
    :param mistakes: Wrong decisions of each.
    :param even: The cut at 0.5.
    """

    thresholds: Floats
    f1: Floats
    mistakes: Floats
    even: int


def _expected(cuts: Cuts, probabilities: Floats) -> _Expected:
    """
    What thresholds do, by the probabilities of the rows and by their labels: of ``n`` positives
    those that are there count for ``n / (n + 300)``, and those that are promised for the rest.

    :param probabilities: Those of the rows that ``cuts`` is about, ``[n_rows]``.
    """
    promised = np.concatenate([[0.0], np.cumsum(np.sort(probabilities)[::-1])])
    weight = cuts.n_positive / (cuts.n_positive + TRUSTED)
    hits = weight * cuts.hits + (1 - weight) * promised[cuts.chosen]
    n_positive = weight * cuts.n_positive + (1 - weight) * promised[-1]
    f1 = 2 * hits / np.maximum(cuts.chosen + n_positive, 1)
    return _Expected(cuts.thresholds, f1, cuts.chosen + n_positive - 2 * hits, int(cuts.at(EVEN)))


def _path(label: _Expected) -> list[int]:
    """From the cut with the fewest mistakes to that of the highest F1, on the concave hull."""
    f1 = label.f1
    order = np.lexsort((np.abs(label.thresholds - EVEN), -f1, label.mistakes))
    before = np.concatenate([[-1.0], np.maximum.accumulate(f1[order])[:-1]])
    path: list[int] = []
    for cut in order[f1[order] > before + 1e-12].tolist():
        while len(path) > 1 and _slope(label, path[-2], path[-1]) <= _slope(label, path[-1], cut):
            path.pop()  # not worth its mistakes, between the others
        path.append(cut)
    return path


def _slope(label: _Expected, first: int, second: int) -> float:
    """How much F1 rises for a mistake more."""
    price = label.mistakes[second] - label.mistakes[first]
    return float((label.f1[second] - label.f1[first]) / max(price, 1e-12))


def _score(
    probabilities: Floats, targets: Floats, thresholds: Sequence[float]
) -> tuple[int, float]:
    """Mistakes in all, and the sum of the labels' F1."""
    chosen = (probabilities >= np.array(thresholds)) & ~np.isnan(targets)
    there, right = targets == 1, chosen & (targets == 1)
    sizes = chosen.sum(0) + there.sum(0)
    return int((chosen ^ there).sum()), float((2 * right.sum(0) / np.maximum(sizes, 1)).sum())
