"""The affinity that a search starts from."""

from collections.abc import Mapping

from automtl.core.affinity import Affinity, AffinityEstimator
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan

Learned = tuple[TaskGraph, Mapping[str, float] | None]


class Measured:
    """
    The affinity: what was measured inside an anchor's training, or what follows from the trainings
    that the estimator asked for, as far as they have ended.

    :param plan: What is searched.
    :param ledger: What was ordered, and what came of it.
    """

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan, self.ledger = plan, ledger
        self.graphs: tuple[TaskGraph, ...] = ()
        if plan.estimator is not None:
            self.graphs = tuple(plan.estimator(plan.tasks, plan.space.stages).graphs())
        self._found: dict[str, Affinity | None] = {}  # by the key of the trial
        self._learned: tuple[list[Learned], Affinity | None] = ([], None)

    @property
    def affinity(self) -> Affinity | None:
        """What is known of it."""
        if self.graphs and self.plan.estimator is not None:
            return self._from_trainings(self.plan.estimator)
        anchors = (self.ledger.standing.shared, self.ledger.standing.single)
        found = (self._in(trial) for trial in anchors if trial is not None)
        return next((affinity for affinity in found if affinity is not None), None)

    def missing(self) -> list[TaskGraph]:
        """The graphs that are to be trained and were not yet."""
        if not self.graphs:
            return []
        orders = self.ledger.orders(Phase.GRAPHS)
        begun = {order.candidate.graph for order in orders if order.fidelity == 1}
        return [graph for graph in self.graphs if graph not in begun]

    def _from_trainings(self, kind: type[AffinityEstimator]) -> Affinity | None:
        """What the estimator learns from the training of each of its graphs, as far as it ended."""
        standing = self.ledger.standing
        told: list[Learned]
        first: dict[TaskGraph, Trial] = {}
        for trial in filter(self._asked, standing.trials):
            first.setdefault(trial.candidate.graph, trial)
        told = [(graph, standing.gains(trial)) for graph, trial in first.items()]
        if told != self._learned[0]:
            estimator = kind(self.plan.tasks, self.plan.space.stages)
            for graph, gains in told:
                estimator.learn(graph, gains or {})
            self._learned = told, estimator.result()
        return self._learned[1]

    def _asked(self, trial: Trial) -> bool:
        first = trial.order == self.plan.first(trial.candidate)
        return first and trial.candidate.graph in self.graphs

    def _in(self, trial: Trial) -> Affinity | None:
        """What was measured in a trial, looked up once."""
        key = trial.order.key
        if key not in self._found:
            self._found[key] = self.plan.affinity(trial)
        return self._found[key]
