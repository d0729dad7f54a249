"""The searcher: which graph to try next."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.space import SearchSpace


@dataclass(frozen=True)
class SearchProblem:
    """
    What a searcher starts from.

    :param space: The search space.
    :param tasks: The names of the tasks.
    :param tuned: The hyperparameters of the better anchor, found by tuning.
    :param affinity: What was measured inside the all-shared anchor; None if it could not be.
    :param alone: The tuned hyperparameters of each task that shares nothing, by task.
    :param objective: What is sought, and within which limits.
    """

    space: SearchSpace
    tasks: tuple[str, ...]
    tuned: Mapping[str, Scalar]
    affinity: Affinity | None = None
    alone: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    objective: Objective = field(default_factory=Objective)

    def candidate(self, graph: TaskGraph, values: Mapping[str, Scalar] | None = None) -> Candidate:
        """``graph`` with ``values``, the tuned ones by default; tasks alone have their own."""
        return self.space.candidate(graph, self.tuned if values is None else values, self.alone)


class Searcher(ABC):
    """
    Abstract base class of the searchers. Ask for a candidate, tell what came of it.

    A searcher's state follows from what it was told, in that order, and its random choices come
    from the generator it is given: told the same again, a resumed search goes on as it would have.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the paper it implements
    repeats: ClassVar[bool] = False  # whether to ask for a known candidate means: another seed

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem

    @abstractmethod
    def ask(self, rng: Random) -> Candidate:
        """A candidate to try. Several may be asked for before the first is told."""

    @abstractmethod
    def tell(
        self,
        candidate: Candidate,
        gains: Mapping[str, float] | None,
        costs: Mapping[str, float] | None = None,
    ) -> None:
        """
        Takes what came of ``candidate``; also of ones it did not propose, such as the anchors, and
        more than once if it was trained with several seeds.

        :param gains: The gain of each task over its single-task anchor; None if the trial failed.
        :param costs: ``parameters``, ``flops`` and ``latency_ms``, as far as they are known.
        """
