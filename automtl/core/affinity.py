"""Task affinity: how much sharing a stage with one task helps another."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from torch import Tensor

from automtl.core.graph import TaskGraph

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Affinity:
    """
    How much task *j* helps task *i* where they share stage *s*; positive helps, negative hurts.

    :param tasks: The tasks, in the order of rows and columns.
    :param mean: ``mean[s][i][j]``: receiver *i*, helper *j*; the diagonal is zero.
    :param std: The standard error of each mean, in the same layout.
    :param estimator: The name of the estimator that measured it.
    """

    tasks: tuple[str, ...]
    mean: tuple[Matrix, ...]
    std: tuple[Matrix, ...]
    estimator: str

    def between(self, stage: int, receiver: str, helper: str) -> float:
        """The mean affinity of ``helper`` to ``receiver`` at ``stage``, counted from 0."""
        return self.mean[stage][self.tasks.index(receiver)][self.tasks.index(helper)]

    def score(self, graph: TaskGraph) -> float:
        """
        The affinity a graph makes use of: for each task and stage the mean over those who share
        its node, itself included as zero, averaged. Sharing nothing scores zero.
        """
        total, place = 0.0, {task: row for row, task in enumerate(self.tasks)}
        for matrix, nodes in zip(self.mean, graph.stages, strict=True):
            for node in nodes:
                members = [place[task] for task in node.tasks]
                total += sum(matrix[i][j] for i in members for j in members) / len(members)
        return total / (len(graph.stages) * len(graph.tasks))

    def to_json(self) -> dict[str, Any]:
        """The affinity as JSON data; `from_json` reads it back."""
        return {
            "estimator": self.estimator,
            "tasks": list(self.tasks),
            "mean": self.mean,
            "std": self.std,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Affinity":
        """Reads what `to_json` wrote."""
        return cls(
            tuple(data["tasks"]), _frozen(data["mean"]), _frozen(data["std"]), data["estimator"]
        )


class AffinityEstimator(ABC):
    """
    Abstract base class of what turns gradients, sampled inside the all-shared anchor's training,
    into an `Affinity`.

    :param tasks: The tasks, in the order of the rows and columns of what follows.
    :param n_stages: How many stages the graph has.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the paper it implements

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        self.tasks = tuple(tasks)
        self.n_stages = n_stages

    @abstractmethod
    def update(self, gramians: Sequence[Tensor], losses: Tensor) -> None:
        """
        Takes one measurement.

        :param gramians: One matrix ``[n_tasks, n_tasks]`` a stage: the inner products of the tasks'
            gradients on one batch with those on another, independent batch, symmetrised. Two
            batches, so that noise does not look like agreement.
        :param losses: The tasks' losses, ``[n_tasks]``.
        """

    @abstractmethod
    def result(self) -> Affinity | None:
        """The affinity from all measurements so far, or None where there are too few."""


def _frozen(stages: Sequence[Sequence[Sequence[float]]]) -> tuple[Matrix, ...]:
    return tuple(tuple(tuple(row) for row in matrix) for matrix in stages)
