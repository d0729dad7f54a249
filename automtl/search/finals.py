"""The finals: the few best and both anchors with several seeds, and the guard over the winner."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from math import inf

from automtl.core.candidate import Candidate
from automtl.core.trial import Order, Phase, Status, Trial
from automtl.search.anchors import Settled
from automtl.search.entry import Entry
from automtl.search.front import admitted
from automtl.search.graphs import Graphs
from automtl.search.guard import spare
from automtl.search.informed import Informed
from automtl.search.ledger import Ledger
from automtl.search.plan import Plan
from automtl.search.standing import Standing

SOUND = 3  # so many seeds of each finalist go before the guard


class Finals:
    """
    Orders the trainings that decide: finalists with more seeds, then, for the best of them, what
    is left of it without the tasks that sharing harmed.

    :param plan: What is searched.
    :param ledger: What was ordered, and what came of it.
    :param graphs: Where finalists come from, and what is left of the budget goes to.
    """

    def __init__(self, plan: Plan, ledger: Ledger, graphs: Graphs) -> None:
        self.plan, self.ledger, self.graphs = plan, ledger, graphs
        self._judge = Informed(plan.searcher)
        self._judged: tuple[list[Trial], list[Candidate]] = ([], [])

    @property
    def had_by_anchors(self) -> int:
        """How many trainings of the finals the anchors have had already."""
        orders = self.ledger.orders(Phase.FINALISTS)
        return sum(order.candidate in self._anchors for order in orders)

    def next(self, settled: Settled, elapsed: float) -> Order | None:
        """
        The next training of a finalist, or of what the guard made of the best, that the time is
        enough for; what is left of the budget goes to more graphs. While graphs are in training
        nobody knows which are the best, so that only the anchors are up; while anchors are, nobody
        knows which of those.
        """
        new = [order for order in self._finals(settled) if self.ledger.new(order)]
        late = self._too_late({order.candidate for order in new})
        finals = [order for order in new if order.candidate not in late]
        final = self._possible(finals, elapsed)
        if final is not None and not self._yields(final, elapsed):
            return final
        training = {order.phase for order in self.ledger.pending.values()}
        if finals and training & {Phase.ANCHORS, Phase.GRAPHS}:
            return None
        guard = None if Phase.FINALISTS in training else self._guard()
        if guard is not None:
            return guard if self._in_time(guard, elapsed) else None
        undecided = bool(training & {Phase.FINALISTS, Phase.GUARD})
        if undecided and self.plan.budget.guard_due(len(self.ledger), elapsed):
            return None
        return final if finals else self.graphs.next(settled)

    def next_settings(self, settled: Settled, elapsed: float) -> Order | None:
        """
        The same where there is one task, so that settings are all that differs: the best ones, and
        the next best as long as there is time. Nobody can be harmed.
        """
        new = [order for order in self._finals(settled) if self.ledger.new(order)]
        return self._possible(new, elapsed)

    @property
    def _anchors(self) -> list[Candidate]:
        """The best all-shared and the best single-task anchor, as far as they succeeded."""
        found = (self.ledger.standing.shared, self.ledger.standing.single)
        return [trial.candidate for trial in found if trial is not None]

    def _finals(self, settled: Settled) -> Iterator[Order]:
        """
        Round by round, one seed each: first the single-task anchor, which all are compared with,
        then the best graph, so that a search that is cut off has compared at least these two.
        """
        n_graphs, n_seeds = self.plan.budget.finals
        if n_seeds < 2:
            return
        best, single = self._best(settled), self._anchors[-1]
        rounds = [best[:n_graphs]]
        if self.plan.budget.lone and self.plan.budget.trials is None:
            rounds += [best[at : at + n_graphs] for at in range(n_graphs, len(best), n_graphs)]
        for graphs in rounds:
            for seed in range(self.plan.first_seed, self.plan.first_seed + n_seeds):
                for candidate in dict.fromkeys([single, *graphs[:1], *self._anchors, *graphs]):
                    yield self.plan.order(candidate, seed, Phase.FINALISTS)

    def _possible(self, finals: Sequence[Order], elapsed: float) -> Order | None:
        """The first of these that can be given now."""
        if self.ledger.training(Phase.ANCHORS):
            return None
        if self.ledger.training(Phase.GRAPHS):
            finals = [order for order in finals if order.candidate in self._anchors]
        return next((order for order in finals if self._in_time(order, elapsed)), None)

    def _too_late(self, candidates: Set[Candidate]) -> set[Candidate]:
        """
        Those that are finalists only since others are through, and what is left of the trials is
        not enough for all their seeds: with fewer they might win by luck.
        """
        n_seeds, trials = self.plan.budget.finals[1], self.plan.budget.trials
        left = inf if trials is None else trials - len(self.ledger)
        graphs = [one for one in self.ledger.orders() if one.candidate not in self._anchors]
        seeds = Counter(order.candidate for order in graphs)
        if left >= n_seeds - 1 or max(seeds.values(), default=0) < n_seeds:
            return set()
        return {one for one in candidates - set(self._anchors) if seeds[one] < 2}

    def _yields(self, final: Order, elapsed: float) -> bool:
        """Whether a finalist has enough seeds for the guard to go first, whose time has come."""
        return final.seed >= self.plan.first_seed + SOUND and self.plan.budget.guard_late(elapsed)

    def _in_time(self, order: Order, elapsed: float) -> bool:
        """
        Whether an order will end in time, judged by the longest training of its graph, or, if that
        is new, of any finalist.
        """
        if (seconds := self.plan.budget.search_seconds) is None:
            return True
        trials, graph = self.ledger.standing.trials, order.candidate.graph
        alike = [trial for trial in trials if trial.candidate.graph == graph]
        known = alike or [trial for trial in trials if trial.phase is Phase.FINALISTS]
        longest = max((trial.result.seconds for trial in known), default=0.0)
        return longest < seconds - elapsed

    def _best(self, settled: Settled) -> list[Candidate]:
        """
        The graphs, or of one task the settings, that were trained in full, most promising first, by
        what was known before the finals, so that these do not change who is in them: as the
        searcher sees it, or else by gain. What keeps no limit of the objective comes last.
        """
        phases = (Phase.ANCHORS, Phase.GRAPHS)
        ended = (t for t in self.ledger.trials if t.result.status is not Status.CUT)
        first = [t for t in ended if t.phase in phases and t.order.fidelity == 1]
        if first != self._judged[0]:
            self._judged = first, self._rank(first, settled)
        return self._judged[1]

    def _rank(self, trials: Sequence[Trial], settled: Settled) -> list[Candidate]:
        standing = Standing(trials, self.plan.constants, self.plan.objective)
        wanted = Phase.ANCHORS if self.plan.budget.lone else Phase.GRAPHS
        proposed = {trial.candidate for trial in trials if trial.phase is wanted}
        proposed -= {*self._anchors}  # a searcher may have wanted another seed of them
        entries = {e.candidate: e for e in standing.ranking if e.candidate in proposed}
        if self.plan.budget.lone:
            return list(entries)
        judge = self._judge.of(
            self.graphs.problem(settled),
            standing.zero,
            [trial for trial in trials if (trial.order.bag is None) != bool(self.plan.budget.bags)],
            lambda trial: standing.gains(trial) if trial.done else None,
        )
        promising = (found for found in judge.best(len(trials)) if found in entries)
        ranked = list(dict.fromkeys([*promising, *entries]))
        return sorted(ranked, key=lambda one: bool(admitted(entries[one], self.plan.objective)))

    def _guard(self) -> Order | None:
        """
        The next training for the guard: of the best finalist without the tasks it credibly harms,
        with the seeds that it had; then, if that harms one still, of what is left of that.
        """
        entries = {entry.candidate: entry for entry in self.ledger.standing.ranking}
        entry, single = self._favourite(), self._anchors[-1]
        for _ in self.plan.tasks:
            spared = None if entry is None else spare(entry, single)
            if entry is None or spared is None or not self.graphs.fits(spared):
                return None
            seeds = sorted(trial.seed for trial in entry.trials)[: self.plan.budget.finals[1]]
            orders = [self.plan.order(spared, seed, Phase.GUARD) for seed in seeds]
            if new := [order for order in orders if self.ledger.new(order)]:
                return new[0]
            if any(order.key in self.ledger.pending for order in orders):
                return None
            entry = entries.get(spared)
        return None

    def _favourite(self) -> Entry | None:
        """
        The finalist with the highest gain: it would win if it harmed nobody. Its losses are what
        the guard is for, so they do not count against it here.
        """
        limits = replace(self.plan.objective, max_loss_per_task=None)
        made = {order.candidate for order in self.ledger.orders(Phase.GUARD)}
        finalists = (
            entry
            for entry in self.ledger.standing.ranking
            if len(entry.trials) > 1
            and not entry.anchor
            and entry.candidate not in made
            and not admitted(entry, limits)
        )
        return max(finalists, key=lambda entry: entry.mean.mean, default=None)
