"""What was found in each fold, and over all of them, as plain data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from automtl.report.summary import Summary
from automtl.search.entry import Estimate


@dataclass(frozen=True)
class FoldResult:
    """
    What the search of one fold delivered.

    :param number: Of the fold, counted from 1.
    :param settings: Of its search, as far as they decide what it finds.
    :param n_rows: For training, validation and testing.
    :param graph: Of the winner.
    :param metrics: The test metrics of the delivered model, by task.
    :param primary: The metric that defines the gain of each task.
    :param gains: The gain of each task over the single-task anchor on test, mean over seeds.
    :param mean_gain: The mean of these over tasks.
    """

    number: int
    settings: Mapping[str, Any]
    n_rows: Sequence[int]
    graph: str
    metrics: Mapping[str, Mapping[str, float]]
    primary: Mapping[str, str]
    gains: Mapping[str, float]
    mean_gain: float

    @classmethod
    def of(cls, number: int, settings: Mapping[str, Any], summary: Summary) -> "FoldResult":
        """The result of a search that has ended."""
        return cls(
            number=number,
            settings=settings,
            n_rows=list(summary.n_rows),
            graph=summary.winner.graph,
            metrics={task.name: dict(task.test) for task in summary.tasks},
            primary={task.name: task.metric for task in summary.tasks},
            gains={task.name: task.test_gain.mean for task in summary.tasks},
            mean_gain=summary.test_gains[summary.winner.digest].mean,
        )


@dataclass(frozen=True)
class Score:
    """
    A metric of a task on test, over folds.

    :param mean: Over the folds in which it is a finite number; NaN if there are none.
    :param spread: The sample standard deviation over these folds; None for fewer than two.
    :param folds: How many these are.
    """

    mean: float
    spread: float | None
    folds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Score":
        """The mean and the spread of ``values``."""
        finite = [value for value in values if isfinite(value)]
        spread = stdev(finite) if len(finite) > 1 else None
        return cls(fmean(finite) if finite else nan, spread, len(finite))


@dataclass(frozen=True)
class CrossValidation:
    """
    What all folds say together.

    Tasks that only some folds have, as clusters of labels may be, are judged on those.

    :param folder: Where it is kept.
    :param results: Of each fold that ended.
    """

    folder: Path
    results: tuple[FoldResult, ...]

    @property
    def tasks(self) -> list[str]:
        """All tasks, in the order of the first fold that has them."""
        return list(dict.fromkeys(task for result in self.results for task in result.metrics))

    def scores(self, task: str) -> dict[str, Score]:
        """Each metric of a task, the one that defines its gain first."""
        own = [result.metrics[task] for result in self._with(task)]
        primary = [result.primary[task] for result in self._with(task)]
        names = dict.fromkeys([*primary, *(name for metrics in own for name in metrics)])
        return {name: Score.of([m[name] for m in own if name in m]) for name in names}

    def gain(self, task: str) -> Estimate:
        """The gain of a task over its single-task anchor, with a 95 % interval over folds."""
        return _estimate([result.gains[task] for result in self._with(task)])

    @property
    def mean_gain(self) -> Estimate:
        """The mean of all gains of a fold, with a 95 % interval over folds."""
        return _estimate([result.mean_gain for result in self.results])

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON data."""
        return {
            "test": {
                task: {name: asdict(score) for name, score in self.scores(task).items()}
                for task in self.tasks
            },
            "gains": {task: asdict(self.gain(task)) for task in self.tasks},
            "mean_gain": asdict(self.mean_gain),
        }

    def _with(self, task: str) -> Iterator[FoldResult]:
        return (result for result in self.results if task in result.metrics)


def _estimate(values: Sequence[float]) -> Estimate:
    """
    The mean of the finite ``values`` with its interval.

    Student's t takes folds for independent, which they are not: they share training rows. There is
    no unbiased estimate of the variance that mends this, and this interval is too narrow (Bengio
    and Grandvalet, 2004, https://www.jmlr.org/papers/v5/grandvalet04a.html).
    """
    finite = [value for value in values if isfinite(value)]
    return Estimate.of(finite) if finite else Estimate(nan, None)
