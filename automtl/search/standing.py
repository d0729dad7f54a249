"""How trials compare: the best anchors, the gains, the ranking."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from statistics import fmean, stdev

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import gains, mean_gain
from automtl.core.trial import Phase, Trial

# The 97.5 % quantiles of Student's t, for 1, 2, ... degrees of freedom.
T_QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """
    A mean over seeds.

    :param mean: The mean.
    :param half_width: Half the width of its 95 % interval (Student's t); None from one seed, or
        where the mean is no finite number.
    """

    mean: float
    half_width: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """The mean of ``values`` and its interval."""
        mean = fmean(values)
        if len(values) < 2 or not isfinite(mean):
            return cls(mean, None)
        quantile = T_QUANTILES[min(len(values) - 2, len(T_QUANTILES) - 1)]
        return cls(mean, quantile * stdev(values) / len(values) ** 0.5)


@dataclass(frozen=True)
class Entry:
    """
    A row of the leaderboard.

    :param candidate: The candidate.
    :param trials: Its successful trials, one a seed.
    :param gains: Its gain for each task over the single-task anchor with the same seed, on
        validation.
    :param mean: The mean of these over tasks.
    :param anchor: ``"single-task"`` or ``"all-shared"`` for the tuned anchors, else empty.
    """

    candidate: Candidate
    trials: tuple[Trial, ...]
    gains: Mapping[str, Estimate]
    mean: Estimate
    anchor: str


class Standing:
    """
    What is known after some trials.

    :param trials: The trials, in the order they ended.
    :param constants: Each task's error of a constant prediction.
    """

    def __init__(self, trials: Sequence[Trial], constants: Mapping[str, float]) -> None:
        self.trials = [trial for trial in trials if trial.done]
        self.constants = constants

    @cached_property
    def single(self) -> Trial | None:
        """The best of the tuned single-task anchors, None if none succeeded."""
        return self._best_anchor(TaskGraph.single_task)

    @cached_property
    def shared(self) -> Trial | None:
        """The best of the tuned all-shared anchors, None if none succeeded."""
        return self._best_anchor(TaskGraph.all_shared)

    def relative(self, trial: Trial) -> float:
        """
        The mean over tasks of the error relative to a constant prediction's, or of the error
        itself where even a constant prediction is perfect.
        """
        errors = trial.result.errors
        return fmean(errors[task] / (scale or 1.0) for task, scale in self.constants.items())

    def gains(self, trial: Trial) -> dict[str, float] | None:
        """The gain of each task over the single-task anchor with the same seed, if it is there."""
        if trial.seed not in self._zero:
            return None
        return gains(trial.result.errors, self._zero[trial.seed], self.constants)

    @cached_property
    def ranking(self) -> list[Entry]:
        """
        All candidates that can be compared: first those that were trained with several seeds, then
        the others, each by mean gain. The first is the winner.
        """
        by_candidate: dict[Candidate, list[Trial]] = {}
        for trial in self.trials:
            if trial.seed in self._zero:
                by_candidate.setdefault(trial.candidate, []).append(trial)
        entries = [self._entry(candidate, found) for candidate, found in by_candidate.items()]
        begun = any(len(entry.trials) > 1 and not entry.anchor for entry in entries)
        return sorted(
            entries, key=lambda entry: (begun and len(entry.trials) < 2, -entry.mean.mean)
        )

    def _entry(self, candidate: Candidate, trials: Sequence[Trial]) -> Entry:
        found = [gains(t.result.errors, self._zero[t.seed], self.constants) for t in trials]
        named = (("all-shared", self.shared), ("single-task", self.single))
        anchors = {trial.candidate: name for name, trial in named if trial is not None}
        return Entry(
            candidate=candidate,
            trials=tuple(trials),
            gains={task: Estimate.of([gain[task] for gain in found]) for task in self.constants},
            mean=Estimate.of([mean_gain(gain) for gain in found]),
            anchor=anchors.get(candidate, ""),
        )

    @cached_property
    def _zero(self) -> dict[int, Mapping[str, float]]:
        """The errors of the single-task anchor, by seed."""
        if self.single is None:
            return {}
        anchor = self.single.candidate
        return {t.seed: t.result.errors for t in self.trials if t.candidate == anchor}

    def _best_anchor(self, graph: Callable[[Iterable[str], int], TaskGraph]) -> Trial | None:
        found = [
            trial
            for trial in self.trials
            if trial.phase is Phase.ANCHORS
            and trial.candidate.graph == graph(self.constants, len(trial.candidate.graph.stages))
        ]
        return min(found, key=self.relative, default=None)
