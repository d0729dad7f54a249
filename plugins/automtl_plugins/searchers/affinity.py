"""Affinity: Bayesian optimisation whose model of the gains is the affinity of the tasks."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.costs import CostModel, blocks
from automtl.core.encoding import Labels
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.label_moves import canonical, count_nodes, distinct, neighbour
from automtl.core.moves import cascade, swap
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.surrogate import Surrogate
from automtl.core.task import Floats
from automtl.core.trees import count_trees, graph_of, label_trees, random_tree
from automtl.hookspecs import hookimpl

KAPPA = 1.5  # standard deviations that a candidate is given for what is not known of it
DESIGN = 1  # graphs unlike the anchors that are trained before the surrogate is asked
ENUMERATE = 100_000  # trees that are all looked at in each step
CHUNK = 8192  # of them at a time
FEW = 9  # tasks; more of them have more trees than that, in however few stages
WORK = 30_000  # tasks of all trees that a beam looks at in each step
BEAM = 8  # trees that are kept in each round of a beam, and varied at last
CHILDREN = 40  # of each of them
CLUSTERED = 64  # tasks; to cluster more takes longer than it is worth
ROUNDS = 3
VARIANTS = 6  # of each graph, in primitives, cascade edges and hyperparameters
RATE = 0.2  # probability of a hyperparameter to be changed in a variant
SEEDS = 5  # trainings of one candidate, at most
DRAWS = 512  # from the posterior, for how likely a candidate is the best
RIVALS = 128  # candidates that may be the best


class AffinitySearcher(Searcher):
    r"""
    Bayesian optimisation with the upper confidence bound of `Gaussian Process Optimization in the
    Bandit Setting <https://arxiv.org/abs/0912.3995>`_ (ICML 2010) over task graphs: of all trees,
    or where there are too many of what a beam search finds, the one with the highest

    .. math::
        \bar\mu(a) + \kappa \, \frac{\bar\sigma^2(a)}{\sqrt{\bar\sigma^2(a) + \bar\tau^2}},

    the posterior mean of the mean gain, and by how much one training, with noise
    :math:`\bar\tau`, is expected to move it (`The Knowledge-Gradient Policy
    <https://doi.org/10.1137/070693424>`_, SIAM 2008); see `Surrogate`. It begins with a few graphs
    that are unlike each other, one of them cut from the measured affinity.

    .. note::
        Departures from the papers: :math:`\kappa` is constant, the kernel is additive and its
        parameters are chosen by marginal likelihood. A candidate that was trained already may be
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
        self._trees: Labels | None = None
        self._ranked: tuple[int, list[Candidate]] = (-1, [])
        n_tasks, stages = len(problem.tasks), problem.space.stages
        few = count_trees(n_tasks, stages) if n_tasks <= FEW else DESIGN + 2
        self._apart = problem.candidate(TaskGraph.single_task(problem.tasks, stages))
        self._anchors = {TaskGraph.all_shared(problem.tasks, stages), self._apart.graph}
        self._n_design = min(DESIGN, few - len(self._anchors))
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
        leading = self._leading(known, list(pending), weights, rng)
        pool = [*self._variants(leading, rng), *self._again(pending)]
        fresh = [candidate for candidate in pool if self._may(candidate, pending)]
        if not fresh:
            return self._unlike(known, rng)
        worth = self._worth(fresh, list(pending), weights)
        return fresh[int(worth.argmax())]

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
        encoder = self.surrogate.encoder
        encoded = encoder(found)
        mean = self.surrogate.judge(encoded, encoder.labels(found))[0].mean(axis=1)
        posterior = self.surrogate.posterior().joint(encoded) / n_tasks**2
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
        here, there = encoder(new).smooth, encoder(list(known)).smooth
        products = here @ there.transpose(0, 2, 1)
        squares = np.square(here).sum(2)[:, :, None] + np.square(there).sum(2)[:, None, :]
        distances = (squares - 2 * products).mean(axis=0).min(axis=1)
        return new[int(distances.argmax())]

    def _drawn(self, rng: Random) -> Iterator[TaskGraph]:
        tasks, stages = self.problem.tasks, self.problem.space.stages
        for _ in range(max(4, min(CHILDREN, WORK // len(tasks) // 10))):
            yield random_tree(tasks, stages, rng)

    def _cut(self, affinity: Affinity, threshold: float) -> TaskGraph:
        return group_by_affinity(affinity, self.problem.space.stages, threshold)

    def _leading(
        self,
        known: Collection[Candidate],
        pending: Sequence[Candidate],
        weights: Mapping[str, float],
        rng: Random,
    ) -> list[TaskGraph]:
        """The most promising graphs, hyperparameters aside."""
        tasks, stages = self.problem.tasks, self.problem.space.stages
        if len(tasks) > FEW or count_trees(len(tasks), stages) > ENUMERATE:
            trees = self._beam(pending, weights, rng)
        else:
            if self._trees is None:
                self._trees = canonical(label_trees(len(tasks), stages))
            worth = self._worth_of_trees(self._trees, pending, weights)
            # The first ones may be known, and trained as often as is of use.
            trees = self._trees[np.argsort(-worth, kind="stable")[: BEAM + len(known)]]
        return [graph_of(tasks, tree) for tree in trees]

    def _beam(
        self, pending: Sequence[Candidate], weights: Mapping[str, float], rng: Random
    ) -> Labels:
        """What some rounds of random moves from the best known trees come to."""
        n_tasks, draws = len(self.problem.tasks), np.random.default_rng(rng.getrandbits(64))
        starts = [candidate.graph for candidate in self.best(BEAM)]
        if n_tasks <= CLUSTERED:
            affinity = self.surrogate.slopes()
            values = np.array(affinity.mean)[:, ~np.eye(n_tasks, dtype=bool)]
            starts += [self._cut(affinity, at) for at in (0.0, *np.quantile(values, (0.5, 0.9)))]
        beam = canonical(np.stack([self.surrogate.encoder.label(graph) for graph in starts]))
        n_children = max(1, min(CHILDREN, WORK // n_tasks // (BEAM * ROUNDS)))
        for _ in range(ROUNDS):
            children = [neighbour(tree, draws) for tree in beam for _ in range(n_children)]
            pool = distinct([*beam, *children])
            worth = self._worth_of_trees(pool, pending, weights)
            beam = pool[np.argsort(-worth, kind="stable")[:BEAM]]
        return beam

    def _worth_of_trees(
        self, trees: Labels, pending: Sequence[Candidate], weights: Mapping[str, float]
    ) -> Floats:
        """How much each tree of hard nodes with tuned settings promises, ``[n]``."""
        bounds = []
        for start in range(0, len(trees), CHUNK):
            labels = trees[start : start + CHUNK]
            encoded = self.surrogate.encoder.trees(labels, self.problem.tuned)
            bounds.append(self._bound(*self.surrogate.judge(encoded, labels, pending)))
        return self._weighed(np.concatenate(bounds), count_nodes(trees), weights)

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

    def _again(self, pending: Collection[Candidate]) -> list[Candidate]:
        """The candidates that another seed may tell more about."""
        return [candidate for candidate in self.best(BEAM) if self._may(candidate, pending)]

    def _may(self, candidate: Candidate, pending: Collection[Candidate]) -> bool:
        """Whether a candidate may be trained, once more if it was before."""
        if candidate in pending or candidate in self._failed:
            return False
        return self.trained[candidate] < SEEDS

    def _worth(
        self,
        candidates: Sequence[Candidate],
        pending: Sequence[Candidate],
        weights: Mapping[str, float],
    ) -> Floats:
        """How much each candidate promises, ``[n]``."""
        encoder = self.surrogate.encoder
        judged = self.surrogate.judge(encoder(candidates), encoder.labels(candidates), pending)
        n_blocks = np.stack([blocks(candidate.graph) for candidate in candidates])
        return self._weighed(self._bound(*judged), n_blocks, weights)

    def _weighed(self, bounds: Floats, n_blocks: Floats, weights: Mapping[str, float]) -> Floats:
        """What is promised, and what it costs, each with its weight."""
        for cost, weight in weights.items():
            logs = self.costs.predict(n_blocks, cost)
            bounds = (1 - weight) * _standard(bounds) - weight * _standard(logs)
        return bounds

    def _bound(self, mean: Floats, variance: Floats) -> Floats:
        """
        The mean gain, with what it may turn out to be, less what tasks lose beyond the limit.
        """
        n_tasks = mean.shape[1]
        unknown = variance.sum(axis=1) / n_tasks**2
        noise = self.surrogate.posterior().noise.sum() / n_tasks**2
        bound = mean.mean(axis=1) + KAPPA * unknown / np.sqrt(unknown + noise)
        limit = self.problem.objective.max_loss_per_task
        if limit is not None:
            bound -= np.maximum(-limit - mean, 0.0).sum(axis=1)
        return np.asarray(bound)

    def _admitted(self, candidate: Candidate) -> bool:
        objective = self.problem.objective
        limits = {
            "parameters": objective.max_parameters,
            "latency_ms": objective.max_latency_ms,
        }
        costs = next((t.costs for t in self.history if t.candidate == candidate), {})
        return all(limit is None or costs.get(name, 0.0) <= limit for name, limit in limits.items())


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / (values.std() or 1.0))


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [AffinitySearcher]
