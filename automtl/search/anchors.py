"""The anchors: tuned, and composed of what is best for each task."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.seed import derive_seed
from automtl.core.space import Choice
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.ledger import Ledger
from automtl.search.own import own_settings
from automtl.search.plan import Plan
from automtl.search.shortlist import shortlist

Settings = Mapping[str, Scalar]

SCOUTS = 5  # settings that are tried before steps from the best one
SCOUTED = ("skip", "block")  # what matters most: of these each is tried, others as in the best
FRESH = 0.25  # the share of later ones that come from everywhere still
ATTEMPTS = 20  # to find settings that were not tried


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
        self._short: tuple[list[Trial], list[Trial]] = ([], [])  # the best of these trainings

    def next(self, elapsed: float) -> Order | None:
        """
        The next of tuning, then the best all-shared ones on other rows, then the single-task anchor
        composed of the best for each task.
        """
        if (order := self._next_setting(elapsed)) is not None:
            return order
        if again := [order for order in self._again() if self.ledger.new(order)]:
            return again[0]
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
        The anchors, in turn with the same settings, until tuning has had its share: the default
        ones, those with another skip or block, then mostly steps from the best so far.
        """
        tried = self._tried()
        for values in tried:
            if fresh := [order for order in self._pair(values) if self.ledger.new(order)]:
                return fresh[0]
        budget = self.plan.budget
        if len(tried) >= budget.anchor_trials or (tried and budget.anchors_due(elapsed)):
            return None
        for attempt in range(ATTEMPTS):
            order, *_ = self._pair(self._setting(len(tried), attempt))
            if self.ledger.new(order):
                return order
        return None  # the space has no other settings

    def _tried(self) -> list[Settings]:
        """The settings that an anchor was ordered with, in the order they were."""
        orders = self.ledger.orders(Phase.ANCHORS)
        plain = [order.candidate for order in orders if not order.candidate.alone]
        return list({str(one.hyperparameters): one.hyperparameters for one in plain}.values())

    def _setting(self, number: int, attempt: int) -> Settings:
        """The settings to try after so many others."""
        space, rng = self.plan.space, Random(derive_seed(self.plan.seed, "anchor", number, attempt))
        if number == 0:
            return space.default()
        graph = self.single_graph if number % 2 else self.shared_graph
        plain = [t for t in self.ledger.standing.trials if _is_plain(t)]
        done = [trial for trial in plain if trial.candidate.graph == graph] or plain
        first = min(done, key=self.ledger.standing.relative, default=None)
        best = space.default() if first is None else first.candidate.hyperparameters
        others = self._alternatives()
        if attempt == 0 and number <= min(len(others), SCOUTS - 1):
            return space.instead(best, *others[number - 1])
        if not done or number < SCOUTS or rng.random() < FRESH:
            return space.sample(rng)
        return space.mutate(best, rng)

    def _alternatives(self) -> list[tuple[str, Scalar]]:
        """The skips and blocks that are not the default, in the order of the space."""
        default, found = self.plan.space.default(), []
        choices = dict(self.plan.space.walk({}))
        for name in SCOUTED:
            choice = choices.get(name)
            if isinstance(choice, Choice):
                found += [(name, value) for value in choice.values if value != default[name]]
        return found

    def _again(self) -> list[Order]:
        """The best all-shared anchors on other rows, where graphs are judged on others."""
        if not self.plan.budget.bags or self.plan.budget.lone or self._tuning:
            return []
        shared = self._tuned(self.shared_graph)
        if shared != self._short[0]:
            self._short = shared, shortlist(shared, self.plan.constants)
        return [self.plan.first(trial.candidate) for trial in self._short[1]]

    @property
    def _tuning(self) -> bool:
        """Whether an anchor is being tuned."""
        orders = (order for order in self.ledger.pending.values() if order.phase is Phase.ANCHORS)
        return any(not order.candidate.alone for order in orders)

    def _pair(self, values: Settings) -> list[Order]:
        graphs = (self.shared_graph, self.single_graph)
        pair = (self.plan.space.candidate(graph, values) for graph in graphs)
        return [Order(candidate, self.plan.seed, Phase.ANCHORS) for candidate in pair]

    def _composed(self) -> Order | None:
        """
        The single-task anchor in which each task has the settings that are best for it, as far as
        validation rows can tell; None while anchors are being tuned, or if none succeeded.
        """
        again = any(order.key in self.ledger.pending for order in self._again())
        if self._tuning or again or not (trials := self._tuned(self.single_graph)):
            return None
        common = min(trials, key=self.ledger.standing.relative)
        best = own_settings(common, trials, self.plan.constants)
        alone = {task: trial.candidate.hyperparameters for task, trial in best.items()}
        # the settings for sharing are nobody's here, but as in whatever the searcher proposes
        candidate = self.plan.space.candidate(self.single_graph, self._for_sharing(), alone)
        return Order(candidate, self.plan.seed, Phase.ANCHORS)

    def _for_sharing(self) -> Settings:
        """The settings of the best all-shared anchor, or of the best single-task one."""
        standing = self.ledger.standing
        best = standing.shared or min(self._tuned(self.single_graph), key=standing.relative)
        return best.candidate.hyperparameters

    def _tuned(self, graph: TaskGraph) -> list[Trial]:
        """The trainings of an anchor in which all tasks had the same settings."""
        trials = (trial for trial in self.ledger.standing.trials if _is_plain(trial))
        return [trial for trial in trials if trial.candidate.graph == graph]

    def _has_failed(self, order: Order) -> bool:
        ended = (trial for trial in self.ledger.trials if trial.order.key == order.key)
        return any(trial.result.status is Status.FAILED for trial in ended)


def _is_plain(trial: Trial) -> bool:
    """Whether it is an anchor that was trained with the same settings for all tasks."""
    return trial.phase is Phase.ANCHORS and not trial.candidate.alone
