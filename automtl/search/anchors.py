"""The anchors: tuned, and composed of what is best for each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.seed import derive_seed
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan

Settings = Mapping[str, Scalar]


@dataclass(frozen=True)
class Settled:
    """
    What tuning led to.

    :param single: The single-task anchor: what gains are relative to.
    :param tuned: The hyperparameters for tasks that share: those of the best all-shared anchor, or
        of the best single-task anchor if no other succeeded.
    """

    single: Candidate
    tuned: Settings

    @cached_property
    def alone(self) -> dict[str, Settings]:
        """The hyperparameters of each task in the single-task anchor."""
        return {part.graph.tasks[0]: part.hyperparameters for part in self.single.parts}


class Anchors:
    """
    Orders the tuning of both anchors, and says what came of it.

    Everything after rests on their settings: those of the all-shared anchor go to whoever shares,
    because they were chosen for tasks trained together; a task alone has those of its own best
    single-task training, so that its gain is exactly zero in whatever graph it is alone. So
    nothing else begins before tuning has ended.
    """

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan, self.ledger = plan, ledger
        n_stages = plan.space.stages
        self.single_graph = TaskGraph.single_task(plan.tasks, n_stages)
        self.shared_graph = TaskGraph.all_shared(plan.tasks, n_stages)

    def next(self, elapsed: float) -> Order | None:
        """The next of tuning, then the single-task anchor composed of the best for each task."""
        if (order := self._next_setting(elapsed)) is not None:
            return order
        composed = self._composed()
        return composed if composed is not None and self.ledger.new(composed) else None

    def settled(self) -> Settled | None:
        """What tuning led to; None while it goes on, or if no single-task anchor succeeded."""
        standing, composed = self.ledger.standing, self._composed()
        if composed is None or standing.single is None:
            return None
        failed = self._has_failed(composed)
        single = standing.single.candidate if failed else composed.candidate
        return Settled(single, self._for_sharing())

    def _next_setting(self, elapsed: float) -> Order | None:
        """
        The anchors, in turn with the same settings: the default ones, then others at random, until
        tuning has had its share.
        """
        for number in range(self.plan.budget.anchor_trials):
            rng = Random(derive_seed(self.plan.seed, "anchor", number))
            values = self.plan.space.sample(rng) if number else self.plan.space.default()
            fresh = [order for order in self._pair(values) if self.ledger.new(order)]
            due = self.plan.budget.anchors_due(elapsed)
            if fresh and (len(fresh) < 2 or number == 0 or not due):
                return fresh[0]
        return None

    def _pair(self, values: Settings) -> list[Order]:
        graphs = (self.shared_graph, self.single_graph)
        pair = (self.plan.space.candidate(graph, values) for graph in graphs)
        return [Order(candidate, self.plan.seed, Phase.ANCHORS) for candidate in pair]

    def _composed(self) -> Order | None:
        """
        The single-task anchor in which each task has the setting that was best for it; None while
        anchors are being tuned, or if none succeeded.
        """
        tuning = (order for order in self.ledger.pending.values() if order.phase is Phase.ANCHORS)
        if any(not order.candidate.alone for order in tuning):
            return None
        if not (trials := self._single_trials()):
            return None
        best = {task: min(trials, key=partial(_error, task)) for task in self.plan.tasks}
        alone = {task: trial.candidate.hyperparameters for task, trial in best.items()}
        # the settings for sharing are nobody's here, but as in whatever the searcher proposes
        candidate = self.plan.space.candidate(self.single_graph, self._for_sharing(), alone)
        return Order(candidate, self.plan.seed, Phase.ANCHORS)

    def _for_sharing(self) -> Settings:
        """The settings of the best all-shared anchor, or of the best single-task one."""
        standing = self.ledger.standing
        best = standing.shared or min(self._single_trials(), key=standing.relative)
        return best.candidate.hyperparameters

    def _single_trials(self) -> list[Trial]:
        """The trainings in which all tasks were alone with the same settings."""
        return [
            trial
            for trial in self.ledger.standing.trials
            if trial.phase is Phase.ANCHORS
            and trial.candidate.graph == self.single_graph
            and not trial.candidate.alone
        ]

    def _has_failed(self, order: Order) -> bool:
        ended = (trial for trial in self.ledger.trials if trial.order.key == order.key)
        return any(trial.result.status is Status.FAILED for trial in ended)


def _error(task: str, trial: Trial) -> float:
    return trial.result.errors[task]
