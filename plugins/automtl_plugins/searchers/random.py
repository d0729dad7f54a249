"""Random search: the baseline that every other searcher must beat."""

from collections.abc import Collection, Iterable
from itertools import combinations
from random import Random
from typing import ClassVar

from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, Node, TaskGraph
from automtl.core.searcher import Searcher
from automtl.core.trees import random_tree
from automtl.hookspecs import hookimpl

N_TRIES = 20  # how often a candidate that will not do is drawn anew
RATE = 0.5  # probability of a hyperparameter to be changed


class RandomSearcher(Searcher):
    """
    `Random Search for Hyper-Parameter Optimization
    <https://jmlr.org/papers/v13/bergstra12a.html>`_ (JMLR 2012), here over task graphs too.

    Every tree is equally likely. A shared node is hard with probability one half, otherwise one of
    the other primitives. It learns nothing from what it is told, and looks at no affinity.

    .. note::
        Hyperparameters are drawn around the tuned ones, not from everywhere, so that a graph is
        not judged by a hopeless learning rate.
    """

    name: ClassVar[str] = "random"
    citation: ClassVar[str] = "https://jmlr.org/papers/v13/bergstra12a.html"

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        for _ in range(N_TRIES):
            candidate = self._draw(rng)
            if candidate not in pending:
                break
        return candidate

    def _draw(self, rng: Random) -> Candidate:
        space = self.problem.space
        tree = random_tree(self.problem.tasks, space.stages, rng)
        others = sorted(set(space.primitives) - {HARD})
        stages = (
            tuple(Node(node.tasks, _primitive(others, rng)) for node in nodes)
            for nodes in tree.stages
        )
        edges = _cascades(self.problem.tasks, rng) if space.cascades else ()
        graph = TaskGraph(tuple(stages), edges)
        return self.problem.candidate(graph, space.mutate(self.problem.tuned, rng, RATE))


def _primitive(others: list[str], rng: Random) -> str:
    return rng.choice(others) if others and rng.random() < 0.5 else HARD


def _cascades(tasks: tuple[str, ...], rng: Random) -> tuple[tuple[str, str], ...]:
    """About half an edge a task, all along one random order of the tasks, so without a cycle."""
    pairs = combinations(rng.sample(tasks, len(tasks)), 2)
    return tuple(pair for pair in pairs if rng.random() < 1 / len(tasks))


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [RandomSearcher]
