"""
Decisions on labels: which to predict, given their probabilities.

A rule of `RULES` finds them on rows that the network was not trained on, from the labels that are
there. Searches are exact: they look at every threshold that makes a difference (`Cuts`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automtl.core.balance import balance
from automtl.core.cuts import EVEN, NEVER, Cuts, Floats, label_cuts, pooled_cuts, shrunk

OBJECTIVES = ("macro_f1", "micro_f1", "hamming")


@dataclass(frozen=True)
class Decision:
    """
    Which labels are predicted: those whose probability reaches their threshold, and the most
    probable ones of each row. JSON data.

    :param thresholds: One a label.
    :param top_k: How many of a row's most probable labels, of equal ones the first, are predicted
        whatever their threshold; None for none.
    """

    thresholds: tuple[float, ...]
    top_k: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "thresholds", tuple(self.thresholds))  # JSON has lists only

    def decide(self, probabilities: Floats) -> Floats:
        """Probabilities to decisions, 0 or 1, both ``[n_rows, n_labels]``."""
        chosen = probabilities >= np.array(self.thresholds)
        if self.top_k is not None:
            chosen |= _places(probabilities) < self.top_k
        return chosen.astype(np.float64)


def tune(
    probabilities: Floats, targets: Floats, rule: str = "balanced", objective: str = "macro_f1"
) -> Decision:
    """
    The decision that a rule finds on rows that the network was not trained on.

    :param probabilities: ``[n_rows, n_labels]``.
    :param targets: The same shape: 0, 1, or NaN where a label is missing.
    :param rule: One of `RULES`.
    :param objective: One of `OBJECTIVES`, which the rules but ``fixed`` and ``balanced`` pursue.
    """
    return RULES[rule](probabilities, targets, objective)


def fixed(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """The more probable of the two: the least mistakes if probabilities are true."""
    return Decision((EVEN,) * targets.shape[1])


def common(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """One threshold for all labels, the best for the objective."""
    threshold = _common(probabilities, targets, objective)
    return Decision((threshold,) * targets.shape[1])


def per_label(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """
    A threshold for each label, the best for the objective: SCut (`A Study of Thresholding
    Strategies <https://doi.org/10.1145/383952.383975>`_, 2001), shrunk to the common one by
    ``n / (n + 30)`` for a label with ``n`` positives, whose own is otherwise a matter of chance.
    """
    shared = _common(probabilities, targets, objective)
    labels = label_cuts(probabilities, targets)
    own = [
        float(cuts.thresholds[cut])
        for cuts, cut in zip(labels, _own(labels, objective), strict=True)
    ]
    return Decision(shrunk(labels, own, shared))


def top_k(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """The k most probable labels of each row (RCut, in the same study), k the best for all rows."""
    n_labels, places = targets.shape[1], _places(probabilities)
    label = np.broadcast_to(np.arange(n_labels), targets.shape)

    def counts(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the cells have a place below k, ``[k, n_labels]``."""
        flat = places[cells] * n_labels + label[cells]
        of_place = np.bincount(flat, minlength=n_labels**2).reshape(n_labels, n_labels)
        return np.concatenate([np.zeros((1, n_labels), dtype=np.int64), of_place.cumsum(0)])

    hits, chosen = counts(targets == 1), counts(~np.isnan(targets))
    values = _values(hits, chosen, hits[-1], objective)
    return Decision((NEVER,) * n_labels, int(values.argmax()))


def plug_in(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """
    Half the highest F1 that the probabilities promise, which is the threshold that reaches it if
    they are true (`Thresholding Classifiers to Maximize F1 Score
    <https://arxiv.org/abs/1402.1892>`_, 2014): of each label, or for ``micro_f1`` of all. Needs no
    labels.
    """
    n_labels = targets.shape[1]
    if objective == "hamming":
        return fixed(probabilities, targets, objective)
    if objective == "micro_f1":
        return Decision((_promised_f1(probabilities.ravel()) / 2,) * n_labels)
    return Decision(tuple(_promised_f1(column) / 2 for column in probabilities.T))


def balanced(probabilities: Floats, targets: Floats, objective: str) -> Decision:
    """A threshold for each label that raises macro F1 at no cost in mistakes: see `balance`."""
    return Decision(balance(probabilities, targets))


RULES: Mapping[str, Callable[[Floats, Floats, str], Decision]] = {
    "fixed": fixed,
    "global": common,
    "per_label": per_label,
    "top_k": top_k,
    "f1": plug_in,
    "balanced": balanced,
}


def _places(probabilities: Floats) -> NDArray[np.int64]:
    """The place of each label in its row, ``[n_rows, n_labels]``, from zero."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def _values(
    hits: NDArray[np.int64], chosen: NDArray[np.int64], there: NDArray[np.int64], objective: str
) -> Floats:
    """The objective of each decision, ``[n_decisions, n_labels]`` counts to ``[n_decisions]``."""
    if objective == "hamming":
        return np.asarray((2 * hits - chosen).sum(1), dtype=np.float64)
    if objective == "micro_f1":
        return np.asarray(2 * hits.sum(1) / np.maximum(chosen.sum(1) + there.sum(), 1))
    return np.asarray((2 * hits / np.maximum(chosen + there, 1)).sum(1))


def _common(probabilities: Floats, targets: Floats, objective: str) -> float:
    """The threshold for all labels that is best for the objective."""
    pooled = pooled_cuts(probabilities, targets)
    if objective == "hamming":
        values = -pooled.mistakes.astype(np.float64)
    elif objective == "micro_f1":
        values = pooled.f1
    else:
        values = _summed_f1(label_cuts(probabilities, targets), pooled)
    return float(pooled.thresholds[pooled.best(values)])


def _summed_f1(labels: Sequence[Cuts], pooled: Cuts) -> Floats:
    """The sum of the labels' F1 at each cut of all of them: at its cuts, a label's F1 changes."""
    lowest = np.concatenate([cuts.lowest[1:] for cuts in labels])
    changes = np.concatenate([np.diff(cuts.f1) for cuts in labels])
    order = np.argsort(-lowest, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(changes[order])])
    return sums[np.searchsorted(-lowest[order], -pooled.lowest, side="right")]


def _own(labels: Sequence[Cuts], objective: str) -> list[int]:
    """The cut of each label that is best for the objective."""
    if objective == "hamming":
        return [cuts.best(-cuts.mistakes) for cuts in labels]
    if objective == "macro_f1":
        return [cuts.best(cuts.f1) for cuts in labels]
    return _best_micro_f1(labels)


def _best_micro_f1(labels: Sequence[Cuts]) -> list[int]:
    """
    The cuts with the highest F1 of all labels together. A ratio of sums is highest at ``r`` where
    the highest sum of ``numerator - r denominator`` is zero, which each label can reach for itself
    (`On Nonlinear Fractional Programming <https://doi.org/10.1287/mnsc.13.7.492>`_, 1967).
    """
    ratio, n_positive = 0.0, sum(cuts.n_positive for cuts in labels)
    while True:
        found = [cuts.best(2 * cuts.hits - ratio * cuts.chosen) for cuts in labels]
        pairs = list(zip(labels, found, strict=True))
        hits = sum(int(cuts.hits[cut]) for cuts, cut in pairs)
        chosen = sum(int(cuts.chosen[cut]) for cuts, cut in pairs)
        better = 2 * hits / max(chosen + n_positive, 1)
        if better <= ratio + 1e-12:
            return found
        ratio = better


def _promised_f1(probabilities: Floats) -> float:
    """The highest expected F1 of choosing the most probable rows, to first order."""
    descending = np.sort(probabilities)[::-1]
    sizes = np.arange(1, len(descending) + 1) + descending.sum()
    return float((2 * np.cumsum(descending) / sizes).max(initial=0.0))
