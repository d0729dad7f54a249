"""A row of the leaderboard: a candidate, and its gains over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, stdev

from automtl.core.candidate import Candidate
from automtl.core.trial import Trial

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

    @property
    def is_loss(self) -> bool:
        """Whether the whole interval lies below zero; without an interval nothing is credible."""
        return self.half_width is not None and self.mean + self.half_width < 0


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
