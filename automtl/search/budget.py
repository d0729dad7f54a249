"""The budget of a search, and how it is divided between the phases."""

from dataclasses import dataclass
from math import inf

ANCHORS = 0.25  # the share of the budget for tuning the anchors
FINALISTS = 0.45  # at most this share is kept for training finalists again, the guard included
MANY = 10_000  # trials, more than any time allows
BAGS = 0.25  # the share of the time that is kept for training the winner on other divisions
GUARD = 0.1  # the share of the time that is kept for the guard, once finalists have three seeds
FINALS = ((3, 5), (3, 4), (3, 3), (2, 3), (1, 3), (1, 2), (0, 2))  # finalists, seeds: best first


@dataclass(frozen=True)
class Budget:
    """
    How much may be spent; whichever limit is reached first ends the search.

    :param trials: At most so many trainings, those of anchors and finalists included.
    :param seconds: At most so long, over all sessions of the search.
    :param seeds: At most so many seeds a finalist.
    :param bags: On how many divisions of the rows the winner is trained in the end; the finals have
        begun it, and what they have not trained comes on top of ``trials``, but is within
        ``seconds``.
    :param ensemble: How many of the best candidates have bags.
    :param lone: Whether there is one task: then there is nothing to search but its settings, and
        finals only where bags let them be compared on more rows.
    """

    trials: int | None
    seconds: float | None
    seeds: int
    bags: int = 0
    ensemble: int = 1
    lone: bool = False

    @property
    def search_seconds(self) -> float | None:
        """What is left of the time if bags get their share."""
        share = BAGS if self.bags else 0.0
        return None if self.seconds is None else (1 - share) * self.seconds

    def spent(self, n_trials: int, elapsed: float) -> float:
        """The share of the budget that is spent: 1 or more when the search must end."""
        by_trials = n_trials / self.trials if self.trials else 0.0
        seconds = self.search_seconds
        by_time = elapsed / seconds if seconds else 0.0
        return max(by_trials, by_time)

    def anchors_due(self, elapsed: float) -> bool:
        """Whether tuning the anchors has had its share of the time."""
        return self._late(self._tuning, elapsed)

    def finals_due(self, n_trials: int, elapsed: float) -> bool:
        """Whether only the finalists' share is left, and the guard's."""
        return self._late(1 - FINALISTS, elapsed) or self._left(n_trials) <= finals_cost(
            *self.finals
        )

    def guard_late(self, elapsed: float) -> bool:
        """Whether only the guard's share of the time is left."""
        return self._late(1 - GUARD, elapsed)

    def guard_due(self, n_trials: int, elapsed: float) -> bool:
        """Whether only the guard's share is left."""
        return self.guard_late(elapsed) or self._left(n_trials) <= guard_cost(*self.finals)

    @property
    def anchor_trials(self) -> int:
        """How many settings each of the two anchors is tuned over."""
        if self.lone:
            return MANY if self.trials is None else self.trials - finals_cost(*self.finals)
        return 8 if self.trials is None else max(1, min(16, int(ANCHORS * self.trials / 2)))

    @property
    def at_most(self) -> int | None:
        """How many trainings there are at most, bags included; None where nothing limits them."""
        if self.trials is None:
            return None
        return self.trials + self.ensemble * max(0, self.bags - self.finals[1] + 1)

    @property
    def finals(self) -> tuple[int, int]:
        """
        How many graphs are finalists beside the two anchors, and with how many seeds each; one
        seed is trained already. Where the budget is too small for two seeds, there are no finals.

        >>> Budget(24, None, 3).finals
        (1, 3)
        >>> Budget(100, None, 5).finals
        (3, 5)
        >>> Budget(1000, None, 20).finals
        (3, 20)
        >>> Budget(4, None, 5).finals
        (0, 1)
        """
        many = ((FINALS[0][0], seeds) for seeds in range(self.seeds, FINALS[0][1], -1))
        for finalists, seeds in () if self.lone and not self.bags else (*many, *FINALS):
            seeds = min(seeds, self.seeds)
            if self.trials is None or finals_cost(finalists, seeds) <= FINALISTS * self.trials:
                return finalists, seeds
        return 0, 1

    @property
    def _tuning(self) -> float:
        """The share of the search's time for settings alone."""
        if not self.lone:
            return ANCHORS
        return 1 - FINALISTS if self.bags else 1.0

    def _late(self, share: float, elapsed: float) -> bool:
        """Whether a share of the search's time is over."""
        seconds = self.search_seconds
        return seconds is not None and elapsed >= share * seconds

    def _left(self, n_trials: int) -> float:
        return inf if self.trials is None else self.trials - n_trials


def training_seconds(seconds: float | None, workers: int) -> float | None:
    """
    How long a training may last in a search of so many seconds, so that there is time for twenty of
    them at least, and for four rounds; None for no limit.

    >>> training_seconds(600.0, 2)
    60.0
    """
    return None if seconds is None else seconds * min(max(workers, 1) / 20, 1 / 4)


def finals_cost(finalists: int, seeds: int) -> int:
    """
    How many trainings the finals take: the finalists and both anchors with all seeds but the
    first, and what the guard needs.

    >>> finals_cost(3, 5)
    25
    """
    return (finalists + 2) * (seeds - 1) + guard_cost(finalists, seeds)


def guard_cost(finalists: int, seeds: int) -> int:
    """How many trainings the guard needs: one candidate, new to all seeds."""
    return seeds if finalists and seeds > 1 else 0
