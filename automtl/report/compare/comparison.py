"""What two folders say of the same task, and how sure that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from statistics import fmean

from automtl.errors import RunError
from automtl.plugins import Plugins
from automtl.report.compare.side import Score, Side
from automtl.report.findings import listing
from automtl.search.entry import T_QUANTILES, Estimate


@dataclass(frozen=True)
class Difference:
    """
    A metric of a task in two folders.

    :param primary: Whether it defines the task's gain in one of them.
    :param comparable: Whether both were tested on the same rows with the same labels.
    :param smaller: By which share the error in ``b`` is smaller than in ``a``: the means over seeds
        or folds, with a 95 % interval; NaN where the metric is not defined or not known, and where
        ``a`` is perfect.
    """

    task: str
    metric: str
    a: Score
    b: Score
    primary: bool
    comparable: bool
    smaller: Estimate

    @property
    def conclusion(self) -> str:
        """What can be said of ``b`` against ``a``."""
        if not self.comparable:
            return "other test rows"
        if self.a.mean == self.b.mean and self.a.value == self.b.value:
            return "the same"
        if not isfinite(self.smaller.mean):
            return "cannot be told"
        half = self.smaller.half_width
        if half is None:
            return "no interval: may be luck"
        if abs(self.smaller.mean) <= half:
            return "undecided"
        return "better" if self.smaller.mean > 0 else "worse"


@dataclass(frozen=True)
class Comparison:
    """
    Several folders, of which the first is what the others are compared with.

    :param best: The score of a perfect prediction, by kind and metric.
    """

    sides: tuple[Side, ...]
    best: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, sides: Sequence[Side], plugins: Plugins) -> "Comparison":
        """
        :param plugins: Know in which direction a metric is better.
        :raises RunError: If one has no task in common with the first.
        """
        first = sides[0]
        for other in sides[1:]:
            if not first.tasks.keys() & other.tasks.keys():
                raise RunError(
                    f"{other.folder}: there is nothing to compare: it has the tasks "
                    f"{listing(other.tasks)}, but {first.folder} has {listing(first.tasks)}. "
                    f"Compare runs with at least one task in common."
                )
        best = {
            (kind, name): metric.best
            for kind, known in plugins.task_kinds.items()
            for name, metric in known.metrics.items()
        }
        return cls(tuple(sides), best)

    @property
    def first(self) -> Side:
        return self.sides[0]

    @property
    def others(self) -> tuple[Side, ...]:
        return self.sides[1:]

    @property
    def tasks(self) -> list[str]:
        """All tasks, in the order of the first folder that has them."""
        return list(dict.fromkeys(name for side in self.sides for name in side.tasks))

    def differences(self, other: Side) -> list[Difference]:
        """Every metric that both have of a task that both have, a task's primary ones first."""
        return [found for name in self.first.tasks for found in self._of_task(name, other)]

    def _of_task(self, name: str, other: Side) -> Iterator[Difference]:
        if name not in other.tasks:
            return
        a, b = self.first.tasks[name], other.tasks[name]
        comparable = a.same_test(b) or self.first.digests == other.digests
        paired = comparable and 0 < self.first.folds == other.folds
        primary = (a.metric, b.metric)
        for metric in dict.fromkeys([*primary, *a.scores]):
            if metric in a.scores and metric in b.scores:
                one, two = a.scores[metric], b.scores[metric]
                best = self.best.get((a.kind, metric), nan)
                share = smaller(one, two, best, paired=paired)
                yield Difference(name, metric, one, two, metric in primary, comparable, share)


def smaller(a: Score, b: Score, best: float, *, paired: bool) -> Estimate:
    r"""
    By which share the error in ``b`` is smaller than in ``a``, with the error of ``a`` taken as
    exactly known, as if it were a unit.

    Folds over the same rows are compared one by one (Student's t). Seeds of two searches have
    nothing to do with each other; their interval is Welch's (1947,
    https://doi.org/10.1093/biomet/34.1-2.28).

    :param best: The score of a perfect prediction; NaN if it is not known.
    :param paired: Whether ``a.each`` and ``b.each`` belong to the same folds.

    >>> one, two = Score(4.0, 4.0, 1.0, 2), Score(3.0, 3.0, 1.0, 2)
    >>> smaller(one, two, 0.0, paired=False)
    Estimate(mean=0.25, half_width=1.07575)
    """
    error_a, error_b = abs(best - a.mean), abs(best - b.mean)
    if not error_a > 0 or not isfinite(error_a + error_b):
        return Estimate(nan, None)
    mean = (error_a - error_b) / error_a
    if paired:
        pairs = zip(a.each, b.each, strict=True)
        shares = [(abs(best - x) - abs(best - y)) / error_a for x, y in pairs]
        finite = [share for share in shares if isfinite(share)]
        return Estimate.of(finite) if finite else Estimate(nan, None)
    half = _welch(a, b)
    return Estimate(mean, None if half is None else half / error_a)


def mean_smaller(found: Sequence[Difference]) -> float:
    """The mean over tasks of `Difference.smaller`; NaN if no task defines it."""
    shares = [one.smaller.mean for one in found if isfinite(one.smaller.mean)]
    return fmean(shares) if shares else nan


def _welch(a: Score, b: Score) -> float | None:
    """Half of the interval of the difference of two means; None if a spread is not known."""
    if a.spread is None or b.spread is None:
        return None
    parts = [a.spread**2 / a.n, b.spread**2 / b.n]
    denominator = parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1)
    freedom = sum(parts) ** 2 / denominator if denominator else inf
    quantile = T_QUANTILES[max(1, int(min(freedom, len(T_QUANTILES)))) - 1]
    return quantile * sqrt(sum(parts))
