"""The searcher: which graph to try next."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.space import SearchSpace


@dataclass(frozen=True)
class SearchProblem:
    """
    What a searcher starts from.

    :param space: The search space.
    :param tasks: The names of the tasks.
    :param tuned: The hyperparameters of the better anchor, found by tuning.
    :param affinity: What was measured inside the all-shared anchor; None if it could not be.
    """

    space: SearchSpace
    tasks: tuple[str, ...]
    tuned: Mapping[str, Scalar]
    affinity: Affinity | None


class Searcher(ABC):
    """
    Abstract base class of the searchers. Ask for a candidate, tell what came of it.

    A searcher's state follows from what it was told, in that order, and its random choices come
    from the generator it is given: told the same again, a resumed search goes on as it would have.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the paper it implements

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem

    @abstractmethod
    def ask(self, rng: Random) -> Candidate:
        """A candidate to try. Several may be asked for before the first is told."""

    @abstractmethod
    def tell(self, candidate: Candidate, gains: Mapping[str, float] | None) -> None:
        """
        Takes what came of ``candidate``; also of ones it did not propose, such as the anchors.

        :param gains: The gain of each task over its single-task anchor; None if the trial failed.
        """
