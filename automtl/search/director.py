"""The director: walks the phases of a search, and says which trial is next."""

import math
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from random import Random

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.seed import derive_seed
from automtl.core.space import SearchSpace
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.budget import Budget
from automtl.search.standing import Standing

ATTEMPTS = 30  # proposals of known candidates in a row, after which the space counts as exhausted


class Answer(Enum):
    """What the director says when it has no order to give."""

    WAIT = auto()  # until a pending trial has ended
    FINISHED = auto()


class Director:
    """
    Says which trial is next: the anchors, then graphs, then the finalists with more seeds.

    It has no state but the orders given and the trials told, and each random choice has a seed of
    its own; so a search that was killed goes on as if nothing had happened, once the director has
    been told its trials again. A phase begins while trials of the one before are still running,
    where it can.

    :param space: The search space.
    :param constants: Each task's error of a constant prediction.
    :param searcher: Proposes the graphs.
    :param budget: What may be spent.
    :param seed: The seed of the search, and of the first training of each candidate.
    :param affinity: Looks up what was measured in a trial.
    """

    def __init__(
        self,
        space: SearchSpace,
        constants: Mapping[str, float],
        searcher: type[Searcher],
        budget: Budget,
        seed: int,
        affinity: Callable[[Trial], Affinity | None],
    ) -> None:
        self.space, self.constants, self.searcher = space, constants, searcher
        self.budget, self.seed, self.affinity = budget, seed, affinity
        self.tasks = tuple(sorted(constants))
        self.trials: list[Trial] = []
        self.pending: dict[str, Order] = {}
        self.standing = Standing((), constants)

    def tell(self, trial: Trial) -> None:
        """Takes a trial that has ended."""
        self.pending.pop(trial.order.key, None)
        self.trials.append(trial)
        self.standing = Standing(self.trials, self.constants)

    def ask(self, elapsed: float) -> Order | Answer:
        """
        The next trial.

        :param elapsed: Seconds of search so far, over all its sessions.
        """
        n_trials = len(self.trials) + len(self.pending)
        if self.budget.spent(n_trials, elapsed) >= 1:
            answer: Order | Answer = Answer.FINISHED
        else:
            answer = self._next(n_trials, elapsed)
        if isinstance(answer, Order):
            self.pending[answer.key] = answer
        elif self.pending:
            return Answer.WAIT  # the end of one may open another way
        return answer

    def _next(self, n_trials: int, elapsed: float) -> Order | Answer:
        if (anchor := self._next_anchor(elapsed)) is not None:
            return anchor
        if self.standing.single is None:
            return Answer.FINISHED
        if not self._finals_due(n_trials, elapsed) and (graph := self._next_graph()):
            return graph
        return self._next_final(elapsed) or Answer.FINISHED

    def _next_anchor(self, elapsed: float) -> Order | None:
        """
        The anchors, in turn with the same settings: the default ones, then others at random, until
        tuning has had its share.
        """
        n_stages = self.space.stages
        single = TaskGraph.single_task(self.tasks, n_stages)
        shared = TaskGraph.all_shared(self.tasks, n_stages)
        for number in range(self.budget.anchor_trials):
            rng = Random(derive_seed(self.seed, "anchor", number))
            values = self.space.sample(rng) if number else self.space.default()
            pair = (self.space.candidate(graph, values) for graph in (shared, single))
            orders = (Order(candidate, self.seed, Phase.ANCHORS) for candidate in pair)
            fresh = [order for order in orders if self._new(order)]
            if fresh and (len(fresh) < 2 or number == 0 or not self.budget.anchors_due(elapsed)):
                return fresh[0]
        return None

    def _next_graph(self) -> Order | None:
        searcher = self._searcher()
        number = len(self._orders(Phase.GRAPHS))
        for attempt in range(ATTEMPTS):
            rng = Random(derive_seed(self.seed, "graph", number, attempt))
            order = Order(searcher.ask(rng), self.seed, Phase.GRAPHS)
            if self._new(order):
                return order
        return None

    def _searcher(self) -> Searcher:
        """The searcher, told everything so far."""
        anchors = [t for t in (self.standing.single, self.standing.shared) if t is not None]
        tuned = min(anchors, key=self.standing.relative).candidate.hyperparameters
        shared = self.standing.shared
        affinity = None if shared is None else self.affinity(shared)
        searcher = self.searcher(SearchProblem(self.space, self.tasks, tuned, affinity))
        for trial in self.trials:
            if trial.seed == self.seed:
                gains = self.standing.gains(trial) if trial.done else None
                searcher.tell(trial.candidate, gains)
        return searcher

    def _finals_due(self, n_trials: int, elapsed: float) -> bool:
        """Whether only the finalists' share is left, less what the anchors have had of it."""
        finals = self._orders(Phase.FINALISTS)
        had = sum(order.candidate in self._anchors for order in finals)
        return self.budget.finals_due(n_trials - had, elapsed)

    @property
    def _anchors(self) -> list[Candidate]:
        """The best all-shared and the best single-task anchor, as far as they succeeded."""
        found = (self.standing.shared, self.standing.single)
        return [trial.candidate for trial in found if trial is not None]

    def _next_final(self, elapsed: float) -> Order | None:
        """
        The next training of a finalist that the time is enough for; what is left of the budget goes
        to more graphs. While graphs are still in training nobody knows which are the best, so that
        only the anchors are up; while anchors are, nobody knows which of those.
        """
        finals = [order for order in self._finals() if self._new(order)]
        if not finals:
            return self._next_graph()
        training = {order.phase for order in self.pending.values()}
        if Phase.ANCHORS in training:
            return None
        if Phase.GRAPHS in training:
            finals = [order for order in finals if order.candidate in self._anchors]
        left = math.inf if self.budget.seconds is None else self.budget.seconds - elapsed
        took = {trial.candidate: trial.result.seconds for trial in self.standing.trials}
        return next((order for order in finals if took[order.candidate] < left), None)

    def _finals(self) -> Iterator[Order]:
        """
        Round by round, one seed each: first the single-task anchor, which all are compared with,
        then the best graph, so that a search that is cut off has compared at least these two.
        """
        n_graphs, n_seeds = self.budget.finals
        graphs, single = self._best_graphs(n_graphs), self._anchors[-1]
        for number in range(1, n_seeds):
            for candidate in dict.fromkeys([single, *graphs[:1], *self._anchors, *graphs]):
                yield Order(candidate, self.seed + number, Phase.FINALISTS)

    def _best_graphs(self, n: int) -> list[Candidate]:
        """The best that the searcher proposed, by the first seed alone, which all of them have."""
        first = [t for t in self.standing.trials if t.phase is not Phase.FINALISTS]
        proposed = {trial.candidate for trial in first if trial.phase is Phase.GRAPHS}
        ranking = Standing(first, self.constants).ranking
        return [entry.candidate for entry in ranking if entry.candidate in proposed][:n]

    def _orders(self, phase: Phase) -> list[Order]:
        every = [*(trial.order for trial in self.trials), *self.pending.values()]
        return [order for order in every if order.phase is phase]

    def _new(self, order: Order) -> bool:
        """Whether it was never carried out; one that was cut off is new to a larger budget."""
        ended = {t.order.key for t in self.trials if t.result.status is not Status.CUT}
        return order.key not in ended | self.pending.keys()
