"""The budget of a search, and how it is divided between the phases."""

from dataclasses import dataclass

ANCHORS = 0.25  # the share of the budget for tuning the anchors
FINALISTS = 0.35  # at most this share is kept for training the finalists again
FINALS = ((3, 5), (3, 4), (3, 3), (2, 3), (1, 3), (1, 2), (0, 2))  # finalists, seeds: best first


@dataclass(frozen=True)
class Budget:
    """
    How much may be spent; whichever limit is reached first ends the search.

    :param trials: At most so many trainings, those of anchors and finalists included.
    :param seconds: At most so long, over all sessions of the search.
    :param seeds: At most so many seeds a finalist.
    """

    trials: int | None
    seconds: float | None
    seeds: int

    def spent(self, n_trials: int, elapsed: float) -> float:
        """The share of the budget that is spent: 1 or more when the search must end."""
        by_trials = n_trials / self.trials if self.trials else 0.0
        by_time = elapsed / self.seconds if self.seconds else 0.0
        return max(by_trials, by_time)

    def anchors_due(self, elapsed: float) -> bool:
        """Whether tuning the anchors has had its share of the time."""
        return self.seconds is not None and elapsed >= ANCHORS * self.seconds

    def finals_due(self, n_trials: int, elapsed: float) -> bool:
        """Whether only the finalists' share is left."""
        finalists, seeds = self.finals
        cost = (finalists + 2) * (seeds - 1)
        late = self.seconds is not None and elapsed >= (1 - FINALISTS) * self.seconds
        return late or (self.trials is not None and n_trials >= self.trials - cost)

    @property
    def anchor_trials(self) -> int:
        """How many settings each of the two anchors is tuned over."""
        return 8 if self.trials is None else max(1, min(16, int(ANCHORS * self.trials / 2)))

    @property
    def finals(self) -> tuple[int, int]:
        """
        How many graphs are finalists beside the two anchors, and with how many seeds each; one
        seed is trained already. Where the budget is too small for two seeds, there are no finals.

        >>> Budget(24, None, 3).finals
        (2, 3)
        >>> Budget(100, None, 5).finals
        (3, 5)
        >>> Budget(1000, None, 20).finals
        (3, 20)
        >>> Budget(4, None, 5).finals
        (0, 1)
        """
        many = ((FINALS[0][0], seeds) for seeds in range(self.seeds, FINALS[0][1], -1))
        for finalists, seeds in (*many, *FINALS):
            seeds = min(seeds, self.seeds)
            cost = (finalists + 2) * (seeds - 1)
            if self.trials is None or cost <= FINALISTS * self.trials:
                return finalists, seeds
        return 0, 1
