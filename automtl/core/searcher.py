"""The searcher: which graph to try next."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from random import Random
from statistics import fmean
from typing import Any, ClassVar

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective, mean_gain
from automtl.core.space import SearchSpace


@dataclass(frozen=True)
class SearchProblem:
    """
    What a searcher starts from.

    :param space: The search space.
    :param tasks: The names of the tasks.
    :param tuned: The hyperparameters of the best all-shared anchor, found by tuning.
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


@dataclass(frozen=True)
class Telling:
    """What a searcher was told once; see `Searcher.tell`."""

    candidate: Candidate
    gains: Mapping[str, float] | None
    costs: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """The telling as JSON data; `from_json` reads it back."""
        gains = None if self.gains is None else dict(self.gains)
        return {"candidate": self.candidate.to_json(), "gains": gains, "costs": dict(self.costs)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Telling":
        """Reads what `to_json` wrote."""
        return cls(Candidate.from_json(data["candidate"]), data["gains"], data["costs"])


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
        self.history: list[Telling] = []
        self._means: dict[Candidate, list[float]] = {}  # finite mean gains

    @abstractmethod
    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        """
        A candidate to try.

        :param pending: Candidates in training, and others that will not do now.
        """

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
        self.history.append(Telling(candidate, gains, costs or {}))
        if gains is not None and isfinite(mean := mean_gain(gains)):
            self._means.setdefault(candidate, []).append(mean)

    def best(self, n: int) -> list[Candidate]:
        """The ``n`` most promising of the candidates told, best first: here by their mean gain."""
        means = {candidate: fmean(found) for candidate, found in self._means.items()}
        return sorted(means, key=lambda candidate: -means[candidate])[:n]

    def posterior(self) -> Affinity | None:
        """
        The affinity that it infers from the gains it was told, in gain: ``mean[s][i][j]`` is what
        task *j* adds to task *i*'s gain where they share stage *s*, and ``std`` its standard
        deviation. None if it infers none, unless it says otherwise.
        """
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """All it was told, as JSON data; `restore` reads it back."""
        return [telling.to_json() for telling in self.history]

    def restore(self, data: Sequence[Mapping[str, Any]]) -> None:
        """Is told again what `to_json` wrote."""
        for telling in map(Telling.from_json, data):
            self.tell(telling.candidate, telling.gains, telling.costs)
