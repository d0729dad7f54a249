"""Affinity: Bayesian optimisation whose model of the gains is the affinity of the tasks."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.costs import CostModel
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.moves import cascade, swap
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.surrogate import Surrogate
from automtl.core.task import Floats
from automtl.core.trees import count_trees, graph_of, random_tree
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._leading import BEAM, WORK, beam_search, best_of_all, few_trees
from automtl_plugins.searchers._worth import Worth

DESIGN = 1  # graphs unlike the anchors that are trained before the surrogate is asked
DRAWN = 40  # random trees of which the design takes the one most unlike all others
CLUSTERED = 64  # tasks; to cluster more takes longer than it is worth
VARIANTS = 6  # of each leading graph, in primitives, cascade edges and hyperparameters
RATE = 0.2  # probability of a hyperparameter to be changed in a variant
SEEDS = 5  # trainings of one candidate, at most
DRAWS = 512  # from the posterior, for how likely a candidate is the best
RIVALS = 128  # candidates that may be the best


class AffinitySearcher(Searcher):
    r"""
    Bayesian optimisation with the upper confidence bound of `Gaussian Process Optimization in the
    Bandit Setting <https://arxiv.org/abs/0912.3995>`_ (ICML 2010) over task graphs: of all trees,
    or where there are too many of what a beam search finds, the one with the highest sum of the
    posterior mean of the mean gain and a bonus for what a training may still reveal; see
    `Surrogate` for the one and `Worth` for the other. It begins with a graph unlike the anchors,
    cut from the measured affinity if there is one.

    .. note::
        Departures from the paper: the weight of the bonus is constant, the kernel is additive, its
        parameters chosen by marginal likelihood. A candidate that was trained already may be
        proposed again, with another seed: that is how the noise of one training is bought back.
        Where gain is traded against costs, each proposal weighs them anew, as in `ParEGO
        <https://doi.org/10.1109/TEVC.2005.851274>`_; what breaks a limit is penalised.
    """

    name: ClassVar[str] = "affinity"
    citation: ClassVar[str] = "https://arxiv.org/abs/0912.3995"
    repeats: ClassVar[bool] = True
    prior: ClassVar[bool] = True  # whether the measured affinity is used
    shrinkage: ClassVar[bool] = True  # whether the effects of helpers are shrunk to common ones

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.surrogate = Surrogate(problem, prior=self.prior, shrinkage=self.shrinkage)
        self.costs = CostModel()
        self.trained: Counter[Candidate] = Counter()
        self._failed: set[Candidate] = set()
        self._ranked: tuple[int, list[Candidate]] = (-1, [])
        n_tasks, stages = len(problem.tasks), problem.space.stages
        n_trees = count_trees(n_tasks, stages) if few_trees(n_tasks, stages) else DESIGN + 2
        self._apart = problem.candidate(TaskGraph.single_task(problem.tasks, stages))
        self._anchors = {TaskGraph.all_shared(problem.tasks, stages), self._apart.graph}
        self._n_design = min(DESIGN, n_trees - len(self._anchors))
        self._begun: set[TaskGraph] = set()

    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        super().tell(candidate, gains, costs)
        if len(self._begun) < self._n_design:
            self._begun = self._graphs([candidate])
        if gains is None or not all(np.isfinite(list(gains.values()))):
            self._failed.add(candidate)
            return
        self.costs.tell(candidate, costs or {})
        if self._out_of_tune(candidate):
            return  # its settings are no other candidate's
        self.trained[candidate] += 1
        self.surrogate.tell(candidate, gains)

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        known = {*self.trained, *self._failed, *pending}
        begun = self._begun if len(self._begun) >= self._n_design else self._graphs(pending)
        if not self.trained or len(begun) < self._n_design:
            return self._unlike(known, rng)
        weights = {cost: rng.random() for cost in self.problem.objective.against}
        worth = Worth(self.problem, self.surrogate, self.costs, list(pending), weights)
        leading = self._leading(worth, BEAM + len(known), rng)
        pool = [*self._variants(leading, rng), *self.best(BEAM)]
        fresh = [candidate for candidate in pool if self._may(candidate, pending)]
        if not fresh:
            return self._unlike(known, rng)
        return fresh[int(worth.of(fresh).argmax())]

    def best(self, n: int) -> list[Candidate]:
        """
        First the candidate of the highest posterior mean, then those that are most likely the best.
        """
        if self._ranked[0] != len(self.history):
            self._ranked = len(self.history), self._rank()
        return self._ranked[1][:n]

    def _rank(self) -> list[Candidate]:
        n_tasks = len(self.problem.tasks)
        promising = (found for found in super().best(len(self.history)) if found in self.trained)
        rivals = list(islice(promising, min(RIVALS, max(BEAM, WORK // n_tasks // 4))))
        found = [candidate for candidate in rivals if self._admitted(candidate)] or rivals
        if not found:
            return []
        mean = self.predict_mean(found)
        posterior = self.surrogate.posterior().joint(self.surrogate.encoder(found)) / n_tasks**2
        draws = np.random.default_rng(0).multivariate_normal(
            mean, posterior, DRAWS, method="eigh", check_valid="ignore"
        )
        wins = np.bincount(draws.argmax(axis=1), minlength=len(found))
        order = sorted(range(len(found)), key=lambda at: (-wins[at], -mean[at]))
        return [found[at] for at in dict.fromkeys([int(mean.argmax()), *order])]

    def predict(self, candidates: Sequence[Candidate]) -> dict[str, list[float]]:
        """The expected gain of each task in each candidate, by task."""
        means, _ = self.surrogate.predict(candidates)
        return {task: means[:, at].tolist() for at, task in enumerate(self.surrogate.tasks)}

    def predict_mean(self, candidates: Sequence[Candidate]) -> Floats:
        """The expected mean gain of each candidate, ``[n]``."""
        return np.asarray(self.surrogate.predict(candidates)[0].mean(axis=1))

    def posterior(self) -> Affinity:
        """What was learned of who helps whom."""
        return self.surrogate.affinity()

    def _graphs(self, candidates: Collection[Candidate]) -> set[TaskGraph]:
        """The graphs of the design so far and of these candidates, anchors left out."""
        return {*self._begun, *(candidate.graph for candidate in candidates)} - self._anchors

    def _out_of_tune(self, candidate: Candidate) -> bool:
        """Whether it shares nothing, with settings that tuning has found to be worse."""
        apart = candidate.graph == self._apart.graph
        return bool(self.problem.alone) and apart and candidate != self._apart

    def _unlike(self, known: Collection[Candidate], rng: Random) -> Candidate:
        """
        A graph unlike all that are known: the cut of the affinity, if it is new, or else of some
        random trees the one farthest from the next known one.
        """
        candidates = [self.problem.candidate(graph) for graph in self._drawn(rng)]
        if self.prior and self.problem.affinity is not None:
            cut = self.problem.candidate(self._cut(self.problem.affinity, 0.0))
            if cut not in known and cut.graph not in self._anchors:
                return cut
        new = [candidate for candidate in candidates if candidate not in known]
        if not new:  # all such trees are known, but not with all settings
            varied = self._variants([candidate.graph for candidate in candidates], rng)
            new = [candidate for candidate in varied if candidate not in known] or candidates
        if not known:
            return new[0]
        encoder = self.surrogate.encoder
        nearest = encoder(new).distances(encoder(list(known))).mean(axis=0).min(axis=1)
        return new[int(nearest.argmax())]

    def _drawn(self, rng: Random) -> Iterator[TaskGraph]:
        tasks, stages = self.problem.tasks, self.problem.space.stages
        for _ in range(max(4, min(DRAWN, WORK // len(tasks) // 10))):
            yield random_tree(tasks, stages, rng)

    def _cut(self, affinity: Affinity, threshold: float) -> TaskGraph:
        return group_by_affinity(affinity, self.problem.space.stages, threshold)

    def _leading(self, worth: Worth, most: int, rng: Random) -> list[TaskGraph]:
        """
        The most promising trees, hyperparameters aside. The first ones may be known, and trained as
        often as is of use, so there are more than those.
        """
        tasks, stages = self.problem.tasks, self.problem.space.stages
        if few_trees(len(tasks), stages):
            trees = best_of_all(len(tasks), stages, worth.of_trees, most)
        else:
            starts = [candidate.graph for candidate in self.best(BEAM)]
            if len(tasks) <= CLUSTERED:
                affinity = self.surrogate.slopes()
                values = np.array(affinity.mean)[:, ~np.eye(len(tasks), dtype=bool)]
                levels = (0.0, *np.quantile(values, (0.5, 0.9)))
                starts += [self._cut(affinity, level) for level in levels]
            labels = map(self.surrogate.encoder.label, starts)
            trees = beam_search(labels, worth.of_trees, rng)
        return [graph_of(tasks, tree) for tree in trees]

    def _variants(self, graphs: Sequence[TaskGraph], rng: Random) -> Iterator[Candidate]:
        """Each graph with tuned settings, and with some of primitives and settings changed."""
        space, encoder = self.problem.space, self.surrogate.encoder
        if not (encoder.primitives or encoder.options or space.cascades):
            yield from map(self.problem.candidate, graphs)
            return
        settings = [self.problem.tuned, *(c.hyperparameters for c in self.best(1))]
        for graph in graphs:
            if graph == self._apart.graph and self.problem.alone:
                continue  # an anchor: all its settings are given
            for values in settings:
                yield self.problem.candidate(graph, {**self.problem.tuned, **values})
            for _ in range(VARIANTS):
                values = {**self.problem.tuned, **rng.choice(settings)}
                changed = space.mutate(values, rng, RATE)
                yield self.problem.candidate(self._dressed(graph, rng), changed)

    def _dressed(self, graph: TaskGraph, rng: Random) -> TaskGraph:
        """The graph with other primitives at some nodes, and perhaps a cascade edge."""
        space = self.problem.space
        others = sorted(space.primitives)
        for stage, nodes in enumerate(graph.stages):
            for node in nodes:
                if len(node.tasks) > 1 and len(others) > 1 and rng.random() < 0.5:
                    graph = swap(graph, stage, node, rng.choice(others))
        if space.cascades and len(graph.tasks) > 1 and rng.random() < 0.5:
            giver, receiver = rng.sample(graph.tasks, 2)
            if (receiver, giver) not in graph.cascades:
                graph = cascade(graph, giver, receiver)
        return graph

    def _may(self, candidate: Candidate, pending: Collection[Candidate]) -> bool:
        """Whether a candidate may be trained, once more if it was before."""
        if candidate in pending or candidate in self._failed:
            return False
        if self.problem.alone and candidate == self._apart:
            return False  # the zero point: its gain is zero with every seed
        return self.trained[candidate] < SEEDS

    def _admitted(self, candidate: Candidate) -> bool:
        objective = self.problem.objective
        limits = {
            "parameters": objective.max_parameters,
            "latency_ms": objective.max_latency_ms,
        }
        costs = next((t.costs for t in self.history if t.candidate == candidate), {})
        return all(limit is None or costs.get(name, 0.0) <= limit for name, limit in limits.items())


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [AffinitySearcher]
