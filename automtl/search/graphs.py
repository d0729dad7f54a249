"""The graphs: what the searcher proposes, as orders."""

from functools import partial
from random import Random

from automtl.core.candidate import Candidate
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.seed import derive_seed
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.anchors import Settled
from automtl.search.fidelity import Rungs
from automtl.search.informed import Informed
from automtl.search.ledger import Ledger
from automtl.search.measured import Measured
from automtl.search.plan import Plan

ATTEMPTS = 30  # useless proposals in a row, after which the space counts as exhausted


class Graphs:
    """
    Orders the graphs: those that the affinity's estimator asks for, then what the searcher
    proposes.

    :param plan: What is searched.
    :param ledger: What was ordered, and what came of it.
    """

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        self.plan, self.ledger = plan, ledger
        self.measured = Measured(plan, ledger)
        self._informed = Informed(plan.searcher)
        self._exhausted: tuple[object, ...] | None = None
        self._parameters: dict[Candidate, int] = {}

    def next(self, settled: Settled) -> Order | None:
        """The next graph; None if the searcher has nothing new, until something has ended."""
        if self._exhausted == self.ledger.moment:
            return None
        order = self._next(settled)
        self._exhausted = self.ledger.moment if order is None else None
        return order

    def _next(self, settled: Settled) -> Order | None:
        problem, rungs = self.problem(settled), self.rungs(settled)
        if self.plan.budget.bags and self.ledger.new(zero := self.plan.first(settled.single)):
            return zero  # on other rows than it was tuned on, as graphs are
        for graph in self.measured.missing():
            candidate = problem.candidate(graph)
            if self.fits(candidate) and self.ledger.new(order := self.plan.first(candidate)):
                return order
        if rungs is not None and (begun := rungs.next()) is not None:
            return begun
        return self._proposed(problem, rungs)

    def problem(self, settled: Settled) -> SearchProblem:
        """What the searcher starts from."""
        return SearchProblem(
            self.plan.space,
            self.plan.tasks,
            settled.tuned,
            self.measured.affinity,
            settled.alone,
            self.plan.objective,
        )

    def searcher(self, settled: Settled) -> Searcher:
        """The searcher, told everything so far."""
        return self._told(self.problem(settled), self.rungs(settled))

    def rungs(self, settled: Settled) -> Rungs | None:
        """The rungs of low fidelity; None where all trainings are full ones."""
        shared = self.ledger.standing.shared
        if self.plan.fidelity == 1 or shared is None or len(self.plan.tasks) < 2:
            return None
        return Rungs(self.plan, self.ledger, settled.single, shared.order.key)

    def fits(self, candidate: Candidate) -> bool:
        """Whether ``candidate`` keeps the limit of parameters, which is known before training."""
        limit = self.plan.objective.max_parameters
        if limit is None:
            return True
        if candidate not in self._parameters:
            self._parameters[candidate] = self.plan.count(candidate)
        return self._parameters[candidate] <= limit

    def _proposed(self, problem: SearchProblem, rungs: Rungs | None) -> Order | None:
        """The first useful one of several proposals."""
        searcher = self._told(problem, rungs)
        short = rungs if rungs is not None and rungs.begins_short else None
        number = len(self.ledger.orders(Phase.GRAPHS))
        busy = [order.candidate for order in self.ledger.pending.values()]  # and what is refused
        for attempt in range(ATTEMPTS):
            rng = Random(derive_seed(self.plan.seed, "graph", number, attempt))
            candidate = searcher.ask(rng, busy)
            order = self._order(candidate, short, searcher.repeats)
            if order is not None and self.fits(candidate):
                return order
            busy.append(candidate)
        return None

    def _order(self, candidate: Candidate, short: Rungs | None, repeats: bool) -> Order | None:
        """
        What a proposal means: a first training, in short if there are short ones, or another one
        of a candidate that is known, if the searcher repeats itself on purpose.
        """
        full = self.plan.first(candidate)
        if self.ledger.new(full):
            if short is None or (repeats and not self.ledger.new(short.short(candidate))):
                return full
            return short.short(candidate) if self.ledger.new(short.short(candidate)) else None
        if repeats and not self.ledger.failed(candidate):
            return self.ledger.next_seed(full)
        return None

    def _told(self, problem: SearchProblem, rungs: Rungs | None) -> Searcher:
        zero = (self.ledger.standing.zero, None if rungs is None else rungs.zero_errors)
        trials = [trial for trial in self.ledger.trials if self._counts(trial, rungs)]
        return self._informed.of(problem, zero, trials, partial(self._gains, rungs))

    def _gains(self, rungs: Rungs | None, trial: Trial) -> dict[str, float] | None:
        if not trial.done:
            return None
        if rungs is not None and trial.order.fidelity < 1:
            return rungs.gains(trial)
        return self.ledger.standing.gains(trial)

    def _counts(self, trial: Trial, rungs: Rungs | None) -> bool:
        """
        Whether a searcher is told of ``trial``. One that was cut off says nothing, nor does one on
        rows that the anchor was not judged on, as bags are, or was tuned on.
        """
        if trial.result.status is Status.CUT:
            return False
        if trial.order.fidelity < 1:
            return rungs is not None and rungs.counts(trial)
        if not self.plan.budget.bags:
            return True
        return trial.order.bag is not None and (
            not trial.done or self.ledger.standing.gains(trial) is not None
        )
