"""All that a threshold can do to given probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]

EVEN = 0.5  # the threshold that makes the fewest mistakes if probabilities are true
NEVER = 2.0  # a threshold that no probability reaches
SHRINK = 30.0  # positives that a label's own threshold needs to count as much as the common one


@dataclass(frozen=True)
class Cuts:
    """
    What thresholds do to the rows of one label, or of several taken together. Between two
    neighbouring probabilities all thresholds choose alike, so one stands for all.

    :param thresholds: Descending, ``[n_cuts]``: the first chooses nothing, the last everything.
    :param lowest: The lowest probability that each chooses; infinite for the first.
    :param chosen: How many rows each chooses.
    :param hits: How many of these are positive.
    :param n_positive: How many positives there are.
    """

    thresholds: Floats
    lowest: Floats
    chosen: Counts
    hits: Counts
    n_positive: int

    @classmethod
    def of(cls, probabilities: Floats, positive: NDArray[np.bool_]) -> "Cuts":
        """The cuts of ``probabilities``, ``[n_rows]``, between 0 and 1, of ``positive`` rows."""
        order = np.argsort(-probabilities, kind="stable")
        descending = probabilities[order]
        chosen = np.flatnonzero(np.diff(descending, prepend=np.nan, append=np.nan) != 0)
        hits = np.concatenate([[0], np.cumsum(positive[order])])[chosen]
        lowest = np.concatenate([[np.inf], descending])[chosen]
        highest_left = np.concatenate([descending, [-np.inf]])[chosen]
        thresholds = _between(highest_left, lowest)
        return cls(thresholds, lowest, chosen, hits, int(positive.sum()))

    @cached_property
    def f1(self) -> Floats:
        """F1 of each cut, ``[n_cuts]``; zero without a positive."""
        return np.asarray(2 * self.hits / np.maximum(self.chosen + self.n_positive, 1))

    @cached_property
    def mistakes(self) -> Counts:
        """Wrong decisions of each cut, ``[n_cuts]``."""
        return self.chosen + self.n_positive - 2 * self.hits

    def at(self, lowest: Floats | float) -> Counts:
        """The cuts that choose what is not below ``lowest``, of its shape."""
        return np.searchsorted(-self.lowest, -np.asarray(lowest), side="right") - 1

    def best(self, values: Floats | Counts) -> int:
        """The cut with the highest value; of equal ones that of the threshold nearest `EVEN`."""
        highest = np.flatnonzero(values >= values.max() - 1e-12)
        return int(highest[np.abs(self.thresholds[highest] - EVEN).argmin()])


def label_cuts(probabilities: Floats, targets: Floats) -> list[Cuts]:
    """Those of each label, on the rows where it is there; both are ``[n_rows, n_labels]``."""
    columns = zip(probabilities.T, targets.T, ~np.isnan(targets).T, strict=True)
    return [Cuts.of(p[known], t[known] == 1) for p, t, known in columns]


def pooled_cuts(probabilities: Floats, targets: Floats) -> Cuts:
    """Those of all labels together, where they are there; both are ``[n_rows, n_labels]``."""
    known = ~np.isnan(targets)
    return Cuts.of(probabilities[known], targets[known] == 1)


def shrunk(labels: Sequence[Cuts], own: Sequence[float], common: float) -> tuple[float, ...]:
    """
    The labels' own thresholds, drawn to the common one: of a label with ``n`` positives the own
    one counts for ``n / (n + 30)``, since what is best for a few positives is a matter of chance.
    """
    weights = np.array([cuts.n_positive / (cuts.n_positive + SHRINK) for cuts in labels])
    mixed = weights * np.minimum(own, 1.0) + (1 - weights) * min(common, 1.0)
    return tuple(mixed.tolist())


def _between(below: Floats, lowest: Floats) -> Floats:
    """
    Thresholds above ``below`` and not above ``lowest``: `EVEN` if between them, else the middle,
    as a number that single precision can hold, since deployed models compute in it.
    """
    floor, ceiling = np.maximum(below, 0.0), np.minimum(lowest, 1.0)
    middle = ((floor + ceiling) / 2).astype(np.float32).astype(np.float64)
    middle = np.where((below < middle) & (middle <= lowest), middle, np.minimum(lowest, NEVER))
    return np.where((below < EVEN) & (lowest > EVEN), EVEN, middle)
