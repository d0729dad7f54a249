"""A searcher that is kept up to date."""

from collections.abc import Callable, Mapping, Sequence

from automtl.core.objective import COSTS
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trial import Trial

Gains = Mapping[str, float]


class Informed:
    """
    A searcher and what it was told. It is made once, and told each trial once; it is made again
    only when its problem or the zero point of gains has changed, or when something that it was
    told no longer counts. So its state follows from these alone, as if it had just been made.

    :param searcher: The class of the searcher.
    """

    def __init__(self, searcher: type[Searcher]) -> None:
        self.searcher = searcher
        self._live: Searcher | None = None
        self._zero: object = None
        self._told: list[Trial] = []

    def of(
        self,
        problem: SearchProblem,
        zero: object,
        trials: Sequence[Trial],
        gains: Callable[[Trial], Gains | None],
    ) -> Searcher:
        """
        The searcher, told of ``trials``.

        :param zero: What ``gains`` are relative to: while it is equal, so are the gains.
        :param gains: The gains of a trial; None if it failed.
        """
        live = self._live
        stale = zero != self._zero or self._told != trials[: len(self._told)]
        if live is None or stale or live.problem != problem:
            live, self._zero, self._told = self.searcher(problem), zero, []
        for trial in trials[len(self._told) :]:
            live.tell(trial.candidate, gains(trial), _costs(trial))
        self._live, self._told = live, list(trials)
        return live


def _costs(trial: Trial) -> dict[str, float]:
    return {name: float(getattr(trial.result, name)) for name in COSTS} if trial.done else {}
