"""One of the folders that are compared, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite, nan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from automtl.core.graph import TaskGraph
from automtl.search.entry import Estimate

# What a search cost; of a cross-validation, the sum over folds.
SPENT = ("trials", "of them failed or cut off", "time", "J")
# What its model costs; of a cross-validation, the mean over folds.
SIZE = ("parameters", "operations a row", "file in KiB", "milliseconds a row")


@dataclass(frozen=True)
class Score:
    """
    A metric on test.

    :param value: Of the delivered model; of a cross-validation, the mean over folds.
    :param mean: Over the winner's seeds, or over folds.
    :param spread: Their sample standard deviation; None if there is one, or it is not known.
    :param n: How many they are.
    :param each: One a fold; empty for a single search.
    """

    value: float
    mean: float
    spread: float | None
    n: int
    each: tuple[float, ...] = ()

    @classmethod
    def over(cls, folds: Sequence[float]) -> "Score":
        """What the delivered models of all folds say together, where they are defined."""
        finite = [value for value in folds if isfinite(value)]
        mean = fmean(finite) if finite else nan
        spread = stdev(finite) if len(finite) > 1 else None
        return cls(mean, mean, spread, len(finite), tuple(folds))


@dataclass(frozen=True)
class Truth:
    """
    What a task was tested on.

    :param digest: Of the rows and the labels, as far as they are exact; empty if not known.
    :param numbers: Statistics of labels that are numbers.
    """

    digest: str
    numbers: tuple[float, ...] = ()

    def same(self, other: "Truth") -> bool:
        """Whether both are known and the same; numbers may differ by a rounding."""
        return (
            bool(self.digest)
            and self.digest == other.digest
            and len(self.numbers) == len(other.numbers)
            and all(
                isclose(a, b, rel_tol=1e-4, abs_tol=1e-9)
                for a, b in zip(self.numbers, other.numbers, strict=True)
            )
        )


@dataclass(frozen=True)
class SideTask:
    """
    A task in one folder.

    :param metric: The one that defines its gain.
    :param scores: All its metrics on test.
    :param gain: Over a model of its own in the same search, on test.
    :param truths: What it was tested on, one a fold.
    """

    kind: str
    metric: str
    scores: Mapping[str, Score]
    gain: Estimate
    truths: tuple[Truth, ...]

    def same_test(self, other: "SideTask") -> bool:
        """Whether it was tested on the same rows with the same labels, fold by fold."""
        if len(self.truths) != len(other.truths):
            return False
        return all(a.same(b) for a, b in zip(self.truths, other.truths, strict=True))


@dataclass(frozen=True)
class Side:
    """
    A run, or all folds of a cross-validation.

    :param name: That tells it from the others.
    :param mean_gain: Over all tasks, on test.
    :param digests: Of the data, one a fold.
    :param n_rows: For training, validation and testing; of the first fold.
    :param graphs: Of the winner, one a fold.
    :param config: The resolved configuration, as data.
    :param settings: The winner's hyperparameters, in words; of a cross-validation none.
    :param costs: By their names in `SPENT` and `SIZE`; NaN where not known.
    :param folds: How many folds there are; 0 for a single search.
    """

    name: str
    folder: Path
    tasks: Mapping[str, SideTask]
    mean_gain: Estimate
    digests: tuple[str, ...]
    n_rows: tuple[int, int, int]
    graphs: tuple[TaskGraph, ...]
    config: Mapping[str, Any]
    settings: Mapping[str, str]
    costs: Mapping[str, float]
    folds: int = 0
