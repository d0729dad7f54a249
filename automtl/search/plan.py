"""The plan: what a director is to bring about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from automtl.core.affinity import Affinity, AffinityEstimator
from automtl.core.candidate import Candidate
from automtl.core.objective import Objective
from automtl.core.searcher import Searcher
from automtl.core.space import SearchSpace
from automtl.core.trial import Order, Phase, Trial
from automtl.search.budget import Budget


@dataclass(frozen=True)
class Plan:
    """
    What is searched, with what, for how long.

    :param space: The search space.
    :param constants: Each task's error of a constant prediction.
    :param searcher: Proposes the graphs.
    :param budget: What may be spent.
    :param seed: The seed of the search, and of the first training of each candidate.
    :param affinity: Looks up what was measured in a trial.
    :param estimator: Estimates the affinity; asked here only for graphs it wants trained first.
    :param objective: What is sought, and within which limits.
    :param count: How many parameters a candidate has; asked only if they are limited.
    :param fidelity: The share of the all-shared anchor's epochs that a graph's first, warm-started
        training takes, if such trainings rank graphs as full ones do; 1: all are trained in full.
    :param workers: How many trials run at a time.
    """

    space: SearchSpace
    constants: Mapping[str, float]
    searcher: type[Searcher]
    budget: Budget
    seed: int
    affinity: Callable[[Trial], Affinity | None]
    estimator: type[AffinityEstimator] | None = None
    objective: Objective = field(default_factory=Objective)
    count: Callable[[Candidate], int] = lambda candidate: 0
    fidelity: float = 1.0
    workers: int = 1

    def order(self, candidate: Candidate, seed: int, phase: Phase) -> Order:
        """
        A training in full. The seed of the search is for tuning the anchors, on the division of the
        rows that the search is given. Where there are bags, each other seed leaves out another fold
        of the rows: what was chosen on one division is compared on others, and these trainings are
        exported, too.
        """
        number, bags = seed - self.first_seed, self.budget.bags
        bag = (number % bags, bags) if bags and number >= 0 else None
        return Order(candidate, seed, phase, bag=bag)

    def first(self, candidate: Candidate) -> Order:
        """The training that a graph is first judged by."""
        return self.order(candidate, self.first_seed, Phase.GRAPHS)

    @property
    def first_seed(self) -> int:
        """The seed that graphs are first trained with."""
        return self.seed + bool(self.budget.bags)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, in alphabetical order."""
        return tuple(sorted(self.constants))
