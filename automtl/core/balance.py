"""Thresholds that raise macro F1 without more mistakes than even odds make."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from automtl.core.cuts import EVEN, Counts, Cuts, Floats, label_cuts, pooled_cuts, shrunk

ENOUGH = 10_000  # rows to find thresholds on
SHIFTED = 0.05  # of the mistakes: more than a best threshold has by luck
FOLDS = 5  # that tell how many mistakes thresholds make on other rows
SPENT = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)  # shares of the mistakes to spend


def balance(probabilities: Floats, targets: Floats) -> tuple[float, ...]:
    """
    A threshold for each label.

    Each label has the threshold with the fewest mistakes, and mistakes are then spent where F1
    rises most for each, until a share of what the fewest leave of those at 0.5 is spent; the
    thresholds of rare labels are drawn to a common one. The share is the largest at which
    thresholds found on four fifths of the rows make no more mistakes on the other fifth than 0.5
    does, over all fifths: spending everything on the rows given would be paid for on others.

    Where another common threshold than 0.5 makes clearly fewer mistakes, because a loss has shifted
    the probabilities, it stands for 0.5 in all of this.

    On the rows given there are never more mistakes in all (Hamming loss) than at 0.5, and macro
    F1 is not lower; both are those of 0.5 if no share is good enough. Thresholds are found on some
    10,000 rows at most.

    :param probabilities: ``[n_rows, n_labels]``.
    :param targets: The same shape: 0, 1, or NaN where a label is missing.
    """
    even: tuple[float, ...] = (_even(probabilities, targets),) * targets.shape[1]
    mistakes, f1 = _score(probabilities, targets, even)
    few = slice(None, None, max(1, len(targets) // ENOUGH))
    whole = _Purse.of(probabilities[few], targets[few])
    folds = list(_folds(probabilities[few], targets[few]))
    allowed = _score(probabilities[few], targets[few], even)[0]
    for share in SPENT:
        found = whole.spend(share)
        spent, reached = _score(probabilities, targets, found)
        if spent <= mistakes and reached >= f1 and _mistakes_elsewhere(folds, share) <= allowed:
            return found
    return even


def _even(probabilities: Floats, targets: Floats) -> float:
    """0.5, unless the best common threshold makes fewer mistakes by a share of `SHIFTED`."""
    cuts = pooled_cuts(probabilities, targets)
    best = cuts.best(-cuts.mistakes)
    shifted = cuts.mistakes[best] < (1 - SHIFTED) * cuts.mistakes[cuts.at(EVEN)]
    return min(float(cuts.thresholds[best]), 1.0) if shifted else EVEN


@dataclass(frozen=True)
class _Purse:
    """
    The cuts of some rows, and how to spend mistakes on F1.

    :param labels: The cuts of each label.
    :param paths: The cuts of each label that are worth their mistakes, ascending.
    :param pooled: The cuts of all labels together.
    """

    labels: Sequence[Cuts]
    paths: Sequence[Sequence[int]]
    pooled: Cuts

    @classmethod
    def of(cls, probabilities: Floats, targets: Floats) -> "_Purse":
        labels = label_cuts(probabilities, targets)
        paths = [_path(cuts) for cuts in labels]
        return cls(labels, paths, pooled_cuts(probabilities, targets))

    def spend(self, share: float) -> tuple[float, ...]:
        """The thresholds when a share of the mistakes at 0.5 beyond the fewest is spent."""
        fewest = sum(int(cuts.mistakes.min()) for cuts in self.labels)
        even = sum(int(cuts.mistakes[cuts.at(EVEN)]) for cuts in self.labels)
        found = _spend(self.labels, self.paths, share * (even - fewest))
        pairs = zip(self.labels, found, strict=True)
        own = [float(cuts.thresholds[cut]) for cuts, cut in pairs]
        return shrunk(self.labels, own, self._common(share))

    def _common(self, share: float) -> float:
        """One threshold for all labels: the highest F1 for this share of mistakes."""
        pooled, mistakes = self.pooled, self.pooled.mistakes
        fewest = mistakes.min()
        allowed = fewest + share * (mistakes[pooled.at(EVEN)] - fewest)
        cut = pooled.best(np.where(mistakes <= allowed, pooled.f1, -1.0))
        return float(pooled.thresholds[cut])


def _spend(labels: Sequence[Cuts], paths: Sequence[Sequence[int]], budget: float) -> list[int]:
    """
    The cut of each label when the budget of mistakes is spent, the steepest rise of F1 first: the
    greedy solution of a multiple-choice knapsack (https://doi.org/10.1016/0377-2217(95)00015-I),
    the optimum but for the steps that do not fit in.
    """
    steps = [
        (-_slope(cuts.f1, cuts.mistakes, *pair), number, place)
        for number, (cuts, path) in enumerate(zip(labels, paths, strict=True))
        for place, pair in enumerate(pairwise(path))
    ]
    places = [0] * len(labels)
    for _, number, place in sorted(steps):  # slopes fall along a path: its steps come in order
        mistakes, path = labels[number].mistakes, paths[number]
        price = int(mistakes[path[place + 1]] - mistakes[path[place]])
        if place == places[number] and price <= budget:
            places[number], budget = place + 1, budget - price
    return [path[place] for path, place in zip(paths, places, strict=True)]


def _path(cuts: Cuts) -> list[int]:
    """From the cut with the fewest mistakes to that of the highest F1, on the concave hull."""
    f1, mistakes = cuts.f1, cuts.mistakes
    order = np.lexsort((np.abs(cuts.thresholds - EVEN), -f1, mistakes))
    before = np.concatenate([[-1.0], np.maximum.accumulate(f1[order])[:-1]])
    path: list[int] = []
    for cut in order[f1[order] > before + 1e-12].tolist():
        while len(path) > 1 and _idle(f1, mistakes, path[-2], path[-1], cut):
            path.pop()
        path.append(cut)
    return path


def _idle(f1: Floats, mistakes: Counts, first: int, second: int, third: int) -> bool:
    """Whether the second cut is not worth its mistakes, between the others."""
    to_second = _slope(f1, mistakes, first, second)
    return to_second <= _slope(f1, mistakes, second, third)


def _slope(f1: Floats, mistakes: Counts, first: int, second: int) -> float:
    """How much F1 rises for a mistake more."""
    return float((f1[second] - f1[first]) / (mistakes[second] - mistakes[first]))


def _folds(probabilities: Floats, targets: Floats) -> Iterator[tuple[_Purse, Floats, Floats]]:
    """What the rows outside each fold can buy, and the fold's probabilities and targets."""
    fold = np.arange(len(targets)) % FOLDS
    for number in range(FOLDS):
        inside = fold == number
        purse = _Purse.of(probabilities[~inside], targets[~inside])
        yield purse, probabilities[inside], targets[inside]


def _mistakes_elsewhere(folds: Sequence[tuple[_Purse, Floats, Floats]], share: float) -> int:
    return sum(_score(p, t, purse.spend(share))[0] for purse, p, t in folds)


def _score(
    probabilities: Floats, targets: Floats, thresholds: Sequence[float]
) -> tuple[int, float]:
    """Mistakes in all, and the sum of the labels' F1."""
    chosen = (probabilities >= np.array(thresholds)) & ~np.isnan(targets)
    there, right = targets == 1, chosen & (targets == 1)
    sizes = chosen.sum(0) + there.sum(0)
    return int((chosen ^ there).sum()), float((2 * right.sum(0) / np.maximum(sizes, 1)).sum())
