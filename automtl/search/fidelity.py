"""Low fidelity: short, warm-started trainings, as far as they rank graphs like full ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from statistics import StatisticsError, correlation

from automtl.core.candidate import Candidate
from automtl.core.objective import gains, mean_gain
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan

MIN_CORRELATION = 0.6  # with less, short trainings say too little about full ones
N_PAIRS = 4  # how many graphs are trained both ways before the first verdict
REDUCTION = 3  # one of so many is promoted


@dataclass(frozen=True)
class Calibration:
    """
    Whether short trainings rank graphs like full ones.

    :param pairs: The mean gain in a short training and in a full one, for each graph that had both.
    :param correlation: Spearman's rank correlation of the two; None if it is not defined.
    :param holds: Whether it is high enough, over enough pairs, to rely on short trainings.
    """

    pairs: tuple[tuple[float, float], ...]
    correlation: float | None
    holds: bool

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> "Calibration":
        """
        The verdict on ``pairs``.

        >>> Calibration.of([(0.1, 0.2), (0.2, 0.3), (0.3, 0.5), (0.4, 0.4)]).holds
        True
        """
        found = spearman([short for short, _ in pairs], [full for _, full in pairs])
        holds = len(pairs) >= N_PAIRS and found is not None and found >= MIN_CORRELATION
        return cls(tuple(pairs), found, holds)


class Rungs:
    """
    The two rungs of `asynchronous successive halving <https://arxiv.org/abs/1810.05934>`_ (MLSys
    2020): graphs are trained for a short time first, and are promoted to a full training as soon as
    they are in the top third of the short trainings that have ended.

    .. note::
        Departures from the paper. A promoted graph starts afresh, as its short training began from
        the all-shared anchor's weights. And all of it depends on the `Calibration`: the first few
        graphs are trained both ways, and every promotion adds a pair. Those promoted are alike in
        being good, which lowers the correlation: the verdict errs towards full trainings.

    :param plan: What is searched.
    :param ledger: What was ordered, and what came of it.
    :param zero: The single-task anchor: short trainings are compared with its short training.
    :param warm: The key of the order whose checkpoint they start from.
    """

    def __init__(self, plan: Plan, ledger: Ledger, zero: Candidate, warm: str) -> None:
        self.plan, self.ledger, self.warm = plan, ledger, warm
        self.zero = self.short(zero)
        self._short = self._begun(self.short)  # None while in training
        self._full = self._begun(self.full)
        self._short.pop(zero, None)

    def short(self, candidate: Candidate) -> Order:
        """The short training of ``candidate``."""
        return Order(candidate, self.plan.seed, Phase.GRAPHS, self.plan.fidelity, self.warm)

    def full(self, candidate: Candidate) -> Order:
        """The full training of ``candidate``."""
        return self.plan.first(candidate)

    def next(self) -> Order | None:
        """What comes before a new graph: the zero point, the other half of a pair, a promotion."""
        if self.ledger.new(self.zero):
            return self.zero
        waiting = self._top if self.calibration.holds else self._paired
        return next((self.full(one) for one in waiting if one not in self._full), None)

    @property
    def begins_short(self) -> bool:
        """
        Whether a new graph has a short training first. Where short trainings keep failing, there
        will never be enough pairs.
        """
        calibrates = len(self._paired) < N_PAIRS and len(self._short) < 2 * N_PAIRS
        return self.calibration.holds or calibrates

    @cached_property
    def calibration(self) -> Calibration:
        """The verdict on all graphs that were trained both ways."""
        full = {one: self._mean(self._full[one], self.ledger.standing.gains) for one in self._both}
        short = {one: self._mean(self._short[one], self.gains) for one in self._both}
        pairs = [(short[one], full[one]) for one in self._both]
        return Calibration.of([pair for pair in pairs if all(map(isfinite, pair))])

    @cached_property
    def zero_errors(self) -> Mapping[str, float] | None:
        """The errors of the single-task anchor's short training; None while they are not known."""
        ended = (t for t in self.ledger.trials if t.order.key == self.zero.key and t.done)
        return next((trial.result.errors for trial in ended), None)

    def counts(self, trial: Trial) -> bool:
        """Whether a searcher is to learn from a short training: where no full one says more."""
        current = self._short.get(trial.candidate) is trial
        return current and self.calibration.holds and self._full.get(trial.candidate) is None

    def gains(self, trial: Trial) -> dict[str, float] | None:
        """The gain of each task over the single-task anchor, both after a short training."""
        zero = self.zero_errors
        return None if zero is None else gains(trial.result.errors, zero, self.plan.constants)

    @property
    def _both(self) -> list[Candidate]:
        """The graphs of which both trainings have ended well."""
        return [
            one for one in self._short if _done(self._short[one]) and _done(self._full.get(one))
        ]

    @cached_property
    def _paired(self) -> list[Candidate]:
        """The graphs of the first verdict, of which neither training has failed."""
        sound = (one for one in self._short if not _failed(self._short[one]))
        return [one for one in sound if not _failed(self._full.get(one))][:N_PAIRS]

    @cached_property
    def _top(self) -> list[Candidate]:
        """The top third of the short trainings that have ended, best first."""
        found = {one: self._mean(trial, self.gains) for one, trial in self._short.items()}
        ended = sorted((one for one in found if isfinite(found[one])), key=lambda one: -found[one])
        return ended[: len(ended) // REDUCTION]

    def _mean(
        self, trial: Trial | None, gains_of: Callable[[Trial], Mapping[str, float] | None]
    ) -> float:
        """The mean gain of a trial; NaN if it is not known."""
        found = gains_of(trial) if trial is not None and trial.done else None
        return nan if found is None else mean_gain(found)

    def _begun(self, order_of: Callable[[Candidate], Order]) -> dict[Candidate, Trial | None]:
        """What came of the orders of one rung, None while they are in training."""
        ended = (trial for trial in self.ledger.trials if trial.result.status is not Status.CUT)
        found: dict[Candidate, Trial | None] = {
            trial.candidate: trial
            for trial in ended
            if trial.order.key == order_of(trial.candidate).key
        }
        training = self.ledger.pending.values()
        pending = (order for order in training if order.key == order_of(order.candidate).key)
        return found | {order.candidate: None for order in pending}


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """
    Spearman's rank correlation; ties have the mean of their ranks. None with fewer than two values,
    or where all are equal on one side.
    """
    try:
        return correlation(_ranks(first), _ranks(second))
    except StatisticsError:
        return None


def _ranks(values: Sequence[float]) -> list[float]:
    """The mean rank of each value among all: how many are less, and half of those equal."""
    return [sum((v < value) + (v == value) / 2 for v in values) for value in values]


def _done(trial: Trial | None) -> bool:
    return trial is not None and trial.done


def _failed(trial: Trial | None) -> bool:
    return trial is not None and not trial.done
