"""A task: one thing to predict."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """
    What to predict.

    :param name: How everything refers to it; also the name of its output.
    :param kind: The name of its task kind.
    :param column: The column that holds its labels.
    :param metric: The metric that defines its gain; None for the primary metric of its kind.
    :param weight: The factor of its loss.
    """

    name: str
    kind: str
    column: str
    metric: str | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Metric:
    """
    A score of predictions.

    :param score: Maps predictions, as `TaskKind.predict` gives them, and targets, as
        `TaskKind.decode` gives them, without missing ones, to a number. NaN where the targets do
        not define it (one class only, say).
    :param best: The score of a perfect prediction.
    """

    score: Callable[[Floats, Floats], float]
    best: float

    def error(self, predictions: Floats, targets: Floats) -> float:
        """How far the score is from perfection: lower is better, zero is perfect."""
        return abs(self.best - self.score(predictions, targets))


class TaskKind(ABC):
    """
    Abstract base class of the kinds of task: loss, metrics and decoding of one task. A kind is
    a frozen dataclass whose fields, set by `fit`, are JSON data.

    Targets are numbers: a class is its index, and a missing label is NaN before training. The loss
    takes targets as `encode` gives them; metrics compare `predict` with `decode` of them.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of what it implements
    numeric: ClassVar[bool]  # whether labels are numbers; otherwise they are text
    primary: ClassVar[str]  # the metric that defines the gain, unless the task names another
    metrics: ClassVar[Mapping[str, Metric]]
    # Whether `loss` depends on nothing but its arguments, so that one call can serve several tasks
    # whose heads give equally many numbers.
    shared_loss: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_]) -> Self:
        """
        Learns what it must know of the labels.

        :param labels: All labels, ``[n_rows]``: floats with NaN where missing if ``numeric``, else
            strings with None where missing.
        :param train: Which rows are for training; statistics come from these alone.
        :raises DataError: If nothing can be learned from these labels.
        """

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """How many numbers the head gives."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that the columns of `predict` stand for, as the user wrote them, if any."""
        return ()

    @property
    @abstractmethod
    def constant_loss(self) -> float:
        """The mean training loss of the best constant prediction: the scale of the loss."""

    @abstractmethod
    def constant(self) -> Floats:
        """The best constant prediction, ``[n_values]``."""

    @abstractmethod
    def encode(self, labels: NDArray[Any]) -> Floats:
        """Labels to targets, both ``[n_rows]``; missing ones become NaN."""

    def decode(self, targets: Floats) -> Floats:
        """Targets to what metrics compare `predict` with, both ``[n_rows]``: as they are."""
        return targets

    @abstractmethod
    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each label: ``[*, n_outputs]`` and ``[*]`` to ``[*]``."""

    @abstractmethod
    def predict(self, outputs: Tensor) -> Tensor:
        """
        What the user sees: ``[*, n_outputs]`` to ``[*, n_values]``, probabilities of `classes`
        or values in the target's own units. Must trace to ONNX.
        """
