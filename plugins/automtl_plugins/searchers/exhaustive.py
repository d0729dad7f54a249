"""Exhaustive search: every tree, for problems small enough to know the whole truth of."""

from collections.abc import Iterable
from functools import cached_property
from random import Random
from typing import ClassVar

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trees import count_trees, enumerate_trees, random_tree
from automtl.errors import SpaceError
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._once import N_TRIES, OnceSearcher

LIMIT = 100_000  # trees


class Exhaustive(OnceSearcher):
    """
    All tree-shaped candidates of hard nodes with the tuned settings, the design space of `A
    Tree-Structured Multi-Task Model Recommender <https://arxiv.org/abs/2203.05092>`_
    (AutoML 2022), each once, in a random order: what any other searcher is measured by.

    .. note::
        The paper predicts what a tree gives from trainings of two tasks; here each is trained.

    :raises SpaceError: If there are more than `LIMIT` trees.
    """

    name: ClassVar[str] = "exhaustive"
    citation: ClassVar[str] = "https://arxiv.org/abs/2203.05092"

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        n_tasks, n_stages = len(problem.tasks), problem.space.stages
        if (n_trees := count_trees(n_tasks, n_stages)) > LIMIT:
            raise SpaceError(
                f"The searcher 'exhaustive' tries every tree, so there must be at most {LIMIT:,}, "
                f"but {n_tasks} tasks over {n_stages} stages make {n_trees:,}. Choose another "
                f"searcher, such as 'random', or fewer tasks or stages."
            )

    def _next(self, rng: Random) -> Candidate | None:
        """One of the trees left, each equally likely; they are listed only when few are left."""
        old = self._old_graphs
        for _ in range(N_TRIES):
            tree = random_tree(self.problem.tasks, self.problem.space.stages, rng)
            if tree not in old:
                return self.problem.candidate(tree)
        left = [tree for tree in self._trees if tree not in old]
        return self.problem.candidate(rng.choice(left)) if left else None

    @cached_property
    def _trees(self) -> list[TaskGraph]:
        return list(enumerate_trees(self.problem.tasks, self.problem.space.stages))


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [Exhaustive]
