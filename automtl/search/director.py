"""The director: walks the phases of a search, and says which trial is next."""

from enum import Enum, auto

from automtl.core.affinity import Affinity
from automtl.core.searcher import Searcher
from automtl.core.trial import Order, Phase, Trial
from automtl.search.anchors import Anchors
from automtl.search.bags import next_bag, search_end
from automtl.search.budget import Budget
from automtl.search.fidelity import Calibration
from automtl.search.finals import Finals
from automtl.search.graphs import Graphs
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan
from automtl.search.standing import Standing


class Answer(Enum):
    """What the director says when it has no order to give."""

    WAIT = auto()  # until a pending trial has ended
    FINISHED = auto()


class Director:
    """
    Says which trial is next: the anchors, then graphs, then the finalists with more seeds, then
    what the guard made of the best, then the winner on other divisions of the rows.

    It has no state but the orders given and the trials told, and each random choice has a seed of
    its own; so a search that was killed goes on as if nothing had happened, once the director has
    been told its trials again. A phase begins while trials of the one before are still running,
    where it can.

    :param plan: What is searched, with what, for how long.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ledger = Ledger(plan.constants, plan.objective)
        self.anchors = Anchors(plan, self.ledger)
        self.graphs = Graphs(plan, self.ledger)
        self.finals = Finals(plan, self.ledger, self.graphs)

    @property
    def budget(self) -> Budget:
        """What may be spent."""
        return self.plan.budget

    @property
    def trials(self) -> list[Trial]:
        """The trials, in the order they ended."""
        return self.ledger.trials

    @property
    def standing(self) -> Standing:
        """How the trials compare."""
        return self.ledger.standing

    @property
    def searcher(self) -> Searcher | None:
        """The searcher, told everything; None if there is no anchor to compare with."""
        settled = self.anchors.settled()
        return None if settled is None else self.graphs.searcher(settled)

    @property
    def affinity(self) -> Affinity | None:
        """The affinity that the search started from, as far as it was measured."""
        return self.graphs.measured.affinity

    @property
    def calibration(self) -> Calibration | None:
        """Whether short trainings rank graphs like full ones; None if there are none."""
        settled = self.anchors.settled()
        rungs = None if settled is None else self.graphs.rungs(settled)
        return None if rungs is None else rungs.calibration

    def end(self, order: Order) -> float | None:
        """When a trial is cut off, in seconds of search; None where there is no limit."""
        if order.phase is Phase.BAGS:
            return self.budget.seconds
        return search_end(self.plan, self.ledger)

    def tell(self, trial: Trial) -> None:
        """Takes a trial that has ended."""
        self.ledger.end(trial)

    def ask(self, elapsed: float) -> Order | Answer:
        """
        The next trial.

        :param elapsed: Seconds of search so far, over all its sessions.
        """
        end = search_end(self.plan, self.ledger)
        late = end is not None and elapsed >= end
        over = late or self.budget.spent(len(self.ledger), elapsed) >= 1
        order = None if over else self._next(elapsed)
        order = order or next_bag(self.plan, self.ledger, elapsed)
        if order is not None:
            self.ledger.begin(order)
            return order
        # the end of a pending one may open another way
        return Answer.WAIT if self.ledger.pending else Answer.FINISHED

    def _next(self, elapsed: float) -> Order | None:
        if (anchor := self.anchors.next(elapsed)) is not None:
            return anchor
        if (settled := self.anchors.settled()) is None:
            return None
        if self.budget.lone:
            return self.finals.next_settings(settled, elapsed)
        n_trials = len(self.ledger) - self.finals.had_by_anchors
        due = self.budget.finals_due(n_trials, elapsed)
        if not due and (graph := self.graphs.next(settled)) is not None:
            return graph
        return self.finals.next(settled, elapsed)
