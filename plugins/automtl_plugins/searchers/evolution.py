"""Evolution: small changes to what has worked, guided by the measured affinity."""

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from statistics import fmean, pstdev
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.moves import random_move
from automtl.core.objective import mean_gain
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trees import count_trees, random_tree
from automtl.hookspecs import hookimpl

POPULATION = 20  # the last successful tellings, of which parents are chosen
SAMPLE = 5  # how many of them compete to be the parent
RATE = 0.1  # probability of a hyperparameter to be changed
N_CHILDREN = 8  # how many graphs are drawn before the affinity chooses one
N_RANDOM = 5  # how many random trees a search without affinity starts from
N_TRIES = 20  # how often an already tried candidate is drawn anew
QUANTILES = (0.5, 0.25, 0.75, 0.1, 0.9)  # quantiles of the affinity where first trees are cut


class Evolution(Searcher):
    """
    Regularised evolution of `Regularized Evolution for Image Classifier Architecture Search
    <https://arxiv.org/abs/1802.01548>`_ (AAAI 2019), algorithm 1: the parent is the best, by mean
    gain, of a sample of the most recent candidates; so even a lucky one dies of age.

    .. note::
        Departures from the paper. A child is one or two moves away from its parent, and its
        hyperparameters may change too. Of several children, one is kept with probability
        proportional to the exponential of `Affinity.score`, in standard deviations, so that tasks
        measured to help each other tend to meet. The first generation is not random but cut from
        the affinity at several thresholds, where there is an affinity. Everything told is in the
        population, anchors included; failed trials never are.
    """

    name: ClassVar[str] = "evolution"
    citation: ClassVar[str] = "https://arxiv.org/abs/1802.01548"

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self._anchors = {
            TaskGraph.all_shared(problem.tasks, problem.space.stages),
            TaskGraph.single_task(problem.tasks, problem.space.stages),
        }
        self._starts = [] if problem.affinity is None else _starts(problem.affinity, self._anchors)
        self._population: deque[tuple[float, Candidate]] = deque(maxlen=POPULATION)
        self._told: set[Candidate] = set()
        self._told_graphs: set[TaskGraph] = set()

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        old = {*self._told, *pending}
        for _ in range(N_TRIES):
            candidate = self._propose(rng)
            if candidate not in old:
                break
        return candidate

    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        super().tell(candidate, gains, costs)
        self._told.add(candidate)
        self._told_graphs.add(candidate.graph)
        if gains is not None and math.isfinite(fitness := mean_gain(gains)):
            self._population.append((fitness, candidate))

    def _propose(self, rng: Random) -> Candidate:
        untold = [graph for graph in self._starts if graph not in self._told_graphs]
        # not the first, and perhaps none: several may be asked for before the first is told
        if start := rng.choice([*untold, None]):
            return self.problem.candidate(start, self.problem.tuned)
        if self._needs_random_tree():
            tree = random_tree(self.problem.tasks, self.problem.space.stages, rng)
            return self._mutated(tree, {}, rng)
        entrants = rng.sample(self._population, min(SAMPLE, len(self._population)))
        _, parent = max(entrants, key=lambda entrant: entrant[0])
        return self._mutated(self._child(parent.graph, rng), parent.hyperparameters, rng)

    def _needs_random_tree(self) -> bool:
        n_trees = count_trees(len(self.problem.tasks), self.problem.space.stages)
        wanted = 0 if self._starts else min(N_RANDOM, n_trees - len(self._anchors))
        return not self._population or len(self._told_graphs - self._anchors) < wanted

    def _mutated(self, graph: TaskGraph, parents: Mapping[str, Scalar], rng: Random) -> Candidate:
        """``graph`` with its parent's hyperparameters, or tuned ones where the parent has none."""
        space = self.problem.space
        return self.problem.candidate(
            graph, space.mutate({**self.problem.tuned, **parents}, rng, RATE)
        )

    def _child(self, parent: TaskGraph, rng: Random) -> TaskGraph:
        affinity = self.problem.affinity
        if affinity is None:
            return self._moved(parent, rng)
        children = [self._moved(parent, rng) for _ in range(N_CHILDREN)]
        return _drawn(children, [affinity.score(child) for child in children], rng)

    def _moved(self, graph: TaskGraph, rng: Random) -> TaskGraph:
        space = self.problem.space
        for _ in range(rng.choice((1, 2))):
            graph = random_move(graph, list(space.primitives), rng, cascades=space.cascades)
        return graph


def _starts(affinity: Affinity, anchors: set[TaskGraph]) -> list[TaskGraph]:
    """The trees cut from ``affinity`` where it is zero and at its quantiles, anchors left out."""
    n_tasks, n_stages = len(affinity.tasks), len(affinity.mean)
    apart = ~np.eye(n_tasks, dtype=bool)
    if n_tasks < 2:
        return []
    values = np.array(affinity.mean)[:, apart]
    thresholds = [0.0, *np.quantile(values, QUANTILES)]
    trees = dict.fromkeys(group_by_affinity(affinity, n_stages, at) for at in thresholds)
    return [tree for tree in trees if tree not in anchors]


def _drawn(graphs: Sequence[TaskGraph], scores: Sequence[float], rng: Random) -> TaskGraph:
    """
    One of ``graphs``, drawn from the softmax of its standardised score: their spread is the
    temperature, because each estimator of affinity has a scale of its own.
    """
    mean, temperature = fmean(scores), pstdev(scores) or 1.0
    weights = [math.exp((score - mean) / temperature) for score in scores]
    return rng.choices(graphs, weights)[0]


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [Evolution]
