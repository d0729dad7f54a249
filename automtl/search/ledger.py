"""The ledger: the orders given and the trials told, all that a director remembers."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from automtl.core.candidate import Candidate
from automtl.core.objective import Objective
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.standing import Standing


class Ledger:
    """
    What was ordered, and what came of it.

    :param constants: Each task's error of a constant prediction.
    :param objective: What is sought, and within which limits.
    """

    def __init__(self, constants: Mapping[str, float], objective: Objective) -> None:
        self.constants, self.objective = constants, objective
        self.trials: list[Trial] = []
        self.pending: dict[str, Order] = {}
        self.standing = Standing((), constants, objective)
        self._ended: set[str] = set()
        self._compared: set[str] = set()

    def __len__(self) -> int:
        """How many trials have ended, those cut off and bags apart, or are in training."""
        return sum(order.phase is not Phase.BAGS for order in self.orders())

    def begin(self, order: Order) -> None:
        """Takes an order that is given."""
        self.pending[order.key] = order

    def end(self, trial: Trial) -> None:
        """Takes a trial that has ended."""
        self.pending.pop(trial.order.key, None)
        self.trials.append(trial)
        if trial.result.status is not Status.CUT:
            self._ended.add(trial.order.key)
            if trial.phase is not Phase.BAGS:
                self._compared.add(trial.order.key)
        self.standing = Standing(self.trials, self.constants, self.objective)

    def new(self, order: Order) -> bool:
        """
        Whether it was never carried out; one that was cut off is new to a larger budget. What was
        carried out as a bag is not compared yet, so that it is new to the finals: its network is
        kept, and that costs nothing.
        """
        ended = self._ended if order.phase is Phase.BAGS else self._compared
        return order.key not in ended and order.key not in self.pending

    def orders(self, *phases: Phase) -> list[Order]:
        """
        All orders but those cut off: those that ended, then those in training.

        :param phases: Of these phases alone; none: of all.
        """
        ended = (trial.order for trial in self.trials if trial.result.status is not Status.CUT)
        every = [*ended, *self.pending.values()]
        return [order for order in every if not phases or order.phase in phases]

    def training(self, phase: Phase) -> bool:
        """Whether an order of this phase is in training."""
        return any(order.phase is phase for order in self.pending.values())

    @property
    def moment(self) -> tuple[object, ...]:
        """Differs whenever something has begun or ended."""
        return len(self.trials), *self.pending

    def next_seed(self, order: Order) -> Order:
        """The same training with the first seed, from its own on, that was not used yet."""
        orders = (replace(order, seed=seed) for seed in count(order.seed))
        return next(order for order in orders if self.new(order))

    def failed(self, candidate: Candidate) -> bool:
        """Whether a training of ``candidate`` failed."""
        failures = (trial for trial in self.trials if trial.result.status is Status.FAILED)
        return any(trial.candidate == candidate for trial in failures)
