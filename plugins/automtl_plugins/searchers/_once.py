"""What the searchers have in common that propose no candidate twice. It offers no plugin."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping
from random import Random

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trees import random_tree

N_TRIES = 20  # how often a known candidate is drawn anew
RATE = 0.5  # probability of a hyperparameter to be changed, once trees with tuned ones are rare


class OnceSearcher(Searcher):
    """
    Abstract base class of searchers with an order of their own, each candidate once. Where that
    order ends, they go on with trees of hard nodes drawn at random: with the tuned settings first,
    with others around them when such trees are hard to come by.

    What was told is known. Beyond that, a list is remembered as far as it was proposed: several may
    be asked for before the first is told, and what exceeds a limit is never told.
    """

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.known: set[Candidate] = set()
        self.known_graphs: set[TaskGraph] = set()
        self._proposed: set[TaskGraph] = set()
        self._pending: frozenset[Candidate] = frozenset()

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        self._pending = frozenset(pending)
        return self._next(rng) or self._random(rng)

    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        super().tell(candidate, gains, costs)
        self.known.add(candidate)
        self.known_graphs.add(candidate.graph)

    @abstractmethod
    def _next(self, rng: Random) -> Candidate | None:
        """The next candidate, not an old one; None where the searcher has no more of its own."""

    def _is_old(self, candidate: Candidate) -> bool:
        """Whether ``candidate`` was told, or will not do now."""
        return candidate in self.known or candidate in self._pending

    @property
    def _old_graphs(self) -> set[TaskGraph]:
        """The graphs of all that is old."""
        return self.known_graphs | {candidate.graph for candidate in self._pending}

    def _first_new(self, graphs: Iterable[TaskGraph]) -> Candidate | None:
        """The first of ``graphs`` that was neither told nor proposed, with the tuned settings."""
        old = self._old_graphs | self._proposed
        graph = next((graph for graph in graphs if graph not in old), None)
        if graph is None:
            return None
        self._proposed.add(graph)
        return self.problem.candidate(graph)

    def _random(self, rng: Random) -> Candidate:
        """A random tree; an old candidate only if `N_TRIES` draws of either sort gave no other."""
        space, tuned = self.problem.space, self.problem.tuned
        for attempt in range(2 * N_TRIES):
            tree = random_tree(self.problem.tasks, space.stages, rng)
            values = tuned if attempt < N_TRIES else space.mutate(tuned, rng, RATE)
            candidate = self.problem.candidate(tree, values)
            if not self._is_old(candidate):
                break
        return candidate
