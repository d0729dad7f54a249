"""Task affinity: how much sharing a stage with one task helps another."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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
    :param cost: What the measurement took, with all training done for it, in all-shared trainings;
        0 where nothing was trained. A matter of time, so it does not tell affinities apart.
    """

    tasks: tuple[str, ...]
    mean: tuple[Matrix, ...]
    std: tuple[Matrix, ...]
    estimator: str
    cost: float = field(default=0.0, compare=False)

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
            "cost": self.cost,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Affinity":
        """Reads what `to_json` wrote."""
        mean, std = freeze(data["mean"]), freeze(data["std"])
        return cls(tuple(data["tasks"]), mean, std, data["estimator"], data.get("cost", 0.0))


class Anchor(StrEnum):
    """Where an estimator measures."""

    ALL_SHARED = "all-shared"  # sampled during the training of the all-shared anchor
    SINGLE_TASK = "single-task"  # once, when all networks of the single-task anchor are trained
    NONE = "none"  # once, in no training: on the targets alone, or in trainings of its own


class Probe(ABC):
    """
    What an estimator may look at, at one moment of a training. Everything is computed when it is
    first asked for and then kept, and leaves the training as it is.

    Beyond some number of tasks a measurement takes a random block of them: what concerns others is
    NaN, and so is what concerns a task without a label in the batch.

    In `Anchor.SINGLE_TASK` no task shares a parameter with another, so that there are features and
    targets only; in `Anchor.NONE` there are targets only. Asking for more raises `PluginError`.
    """

    @property
    @abstractmethod
    def losses(self) -> Tensor:
        """The tasks' losses on a batch, ``[n_tasks]``."""

    @property
    @abstractmethod
    def gramians(self) -> Sequence[Tensor]:
        """
        One matrix ``[n_tasks, n_tasks]`` a stage: the inner products of the gradients of the tasks'
        losses on the batch of `losses` with those on another, independent batch, symmetrised. Two
        batches, so that noise does not look like agreement; the diagonal may fall below zero.
        """

    @property
    @abstractmethod
    def learning_rate(self) -> float:
        """The learning rate of the training: the length of a step along a gradient."""

    @property
    @abstractmethod
    def look_ahead(self) -> Sequence[Tensor]:
        """
        One matrix ``[n_tasks, n_tasks]`` a stage: what `losses` become, row the receiver's, on the
        same batch when a step of `learning_rate` is taken against the gradient, column the
        helper's, in the parameters of this stage alone.
        """

    @property
    @abstractmethod
    def features(self) -> Sequence[Sequence[Tensor]]:
        """
        What each stage gives each task, ``features[s][i]`` of shape ``[n_rows, n_numbers]``, on at
        most 500 random training rows.
        """

    @property
    @abstractmethod
    def targets(self) -> Tensor:
        """The targets of the training rows, ``[n_rows, n_tasks]``, NaN where missing."""

    @property
    @abstractmethod
    def n_classes(self) -> Sequence[int]:
        """How many classes each task has, 0 where its targets are numbers."""


class AffinityEstimator(ABC):
    """
    Abstract base class of what estimates an `Affinity`.

    One that measures is given probes by `update`: many, or one, as its `anchor` says. One that
    needs trainings of its own says which by `graphs`, and is told what they gave by `learn`.

    :param tasks: The tasks, in the order of the rows and columns of all matrices.
    :param n_stages: How many stages the graph has.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the paper it implements
    anchor: ClassVar[Anchor] = Anchor.ALL_SHARED
    signed: ClassVar[bool] = True  # whether zero parts help from harm; else only the order counts

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        self.tasks = tuple(tasks)
        self.n_stages = n_stages

    @abstractmethod
    def update(self, probe: Probe) -> None:
        """Takes one measurement. What it takes from ``probe`` must be left as it is."""

    def graphs(self) -> Sequence[TaskGraph]:
        """The graphs to be trained for it, each of all tasks: none, unless it says otherwise."""
        return ()

    def learn(  # noqa: B027 - an estimator without graphs has nothing to learn
        self, graph: TaskGraph, gains: Mapping[str, float]
    ) -> None:
        """
        Is told what came of one of its `graphs`; of the same more than once, if it was trained with
        several seeds.

        :param gains: The gain of each task over its single-task anchor with the same seed.
        """

    @abstractmethod
    def result(self) -> Affinity | None:
        """The affinity from all it was told so far, or None where that is too little."""


def freeze(stages: Sequence[Sequence[Sequence[float]]]) -> tuple[Matrix, ...]:
    """Matrices as an `Affinity` holds them."""
    return tuple(tuple(tuple(row) for row in matrix) for matrix in stages)
