"""What a search tells whoever watches it."""

from automtl.core.trial import Order, Trial
from automtl.search.budget import Budget
from automtl.search.standing import Standing


class Progress:
    """Hears what happens in a search. This one keeps it to itself; others derive from it."""

    def say(self, line: str) -> None:
        """A line of news."""

    def started(self, order: Order, budget: Budget, n_trials: int, elapsed: float) -> None:
        """A trial begins."""

    def ended(self, trial: Trial, budget: Budget, standing: Standing, n_trials: int) -> None:
        """A trial has ended, the ``n_trials``-th; ``standing`` includes it."""

    def close(self) -> None:
        """Nothing more will come."""
