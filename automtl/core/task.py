"""A task: one thing to predict."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from automtl.core.thresholds import Decision

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """
    What to predict.

    :param name: How everything refers to it; also the name of its output.
    :param kind: The name of its task kind.
    :param columns: The columns that hold its labels: one, unless its kind takes several.
    :param metric: The metric that defines its gain; None for the primary metric of its kind.
    :param weight: The factor of its loss.
    :param target: The target whose labels were split, if it is one of those or a cluster of them.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    metric: str | None = None
    weight: float = 1.0
    target: str = ""


@dataclass(frozen=True)
class Metric:
    """
    A score of predictions.

    :param score: Maps predictions, as `TaskKind.predict` gives them, and targets, as
        `TaskKind.decode` gives them, to a number. NaN where the targets do not define it (one class
        only, say). Missing targets are left out before; of a kind with several columns, a row
        with some target is there, and its others are NaN.
    :param best: The score of a perfect prediction.
    :param decided: Whether it scores what `TaskKind.decide` makes of the predictions.
    """

    score: Callable[[Floats, Floats], float]
    best: float
    decided: bool = False

    def error(self, predictions: Floats, targets: Floats) -> float:
        """How far the score is from perfection: lower is better, zero is perfect."""
        return abs(self.best - self.score(predictions, targets))


class TaskKind(ABC):
    """
    Abstract base class of the kinds of task: loss, metrics and decoding of one task. A kind is
    a frozen dataclass whose fields, set by `fit`, are JSON data.

    Targets are numbers: a class is its index, and a missing label is NaN before training. The loss
    takes targets as `encode` gives them; metrics compare `predict` with `decode` of them.

    Most kinds have one column of labels. One with several has another axis, of `n_targets`,
    wherever the others have ``[n_rows]`` labels, or ``[*]`` targets and losses.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of what it implements
    numeric: ClassVar[bool]  # whether labels are numbers; otherwise they are text
    primary: ClassVar[str]  # the metric that defines the gain, unless the task names another
    metrics: ClassVar[Mapping[str, Metric]]
    # Whether `loss` depends on nothing but its arguments, so that one call can serve several tasks
    # whose heads give equally many numbers.
    shared_loss: ClassVar[bool] = False
    several: ClassVar[bool] = False  # whether it takes several columns of labels
    flags: ClassVar[bool] = False  # whether labels are 0 or 1, which may be written in words
    ordered: ClassVar[bool] = False  # whether `classes` are levels, from the lowest to the highest
    whole: ClassVar[bool] = False  # whether labels count something
    # Of the `metrics`, those that are a mean over columns: each column has one of its own.
    column_metrics: ClassVar[tuple[str, ...]] = ()
    # Whether its last column of targets names the group, such as a query, that a row belongs to.
    # The rows of a group are never torn apart: by the split, or into batches.
    grouped: ClassVar[bool] = False
    options: ClassVar[frozenset[str]] = frozenset()  # what else a configuration may tell `fit`
    class_weights: tuple[float, ...] = ()  # of a label in the loss, if not all weigh the same

    @classmethod
    @abstractmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        """
        Learns what it must know of the labels.

        :param labels: All labels, ``[n_rows]``: floats with NaN where missing if ``numeric``, else
            strings with None where missing.
        :param train: Which rows are for training; statistics come from these alone.
        :param options: Those of `options` that the configuration gives; and, if ``several``,
            ``columns``, the names of the columns.
        :raises DataError: If nothing can be learned from these labels.
        """

    @property
    def n_targets(self) -> int:
        """How many columns of targets there are."""
        return 1

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """How many numbers the head gives; a loss may ask for more, which come behind these."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that the columns of `predict` stand for, as the user wrote them, if any."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns of `predict` stand for, if it predicts several values or labels."""
        return ()

    @property
    def decision(self) -> "Decision | None":
        """How probabilities of `columns` become labels, if they do."""
        return None

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

    def label_weights(self, targets: Tensor) -> Tensor:
        """How much labels weigh in the loss, by their class, if the kind has ``class_weights``."""
        return targets.new_tensor(self.class_weights)[targets.long()]

    @abstractmethod
    def predict(self, outputs: Tensor) -> Tensor:
        """
        What the user sees: ``[*, n_outputs]`` to ``[*, n_values]``, probabilities of `classes`
        or values in the target's own units. Must trace to ONNX.
        """

    def decide(self, predictions: Floats) -> Floats:
        """Predictions, ``[n_rows, n_values]``, to 0 and 1 by `decision`, if there is one."""
        return predictions if self.decision is None else self.decision.decide(predictions)

    def tuned(self, predictions: Floats, targets: Floats) -> Self:
        """
        The kind with what is chosen on validation when training is over, such as thresholds.

        :param predictions: As `predict` gives them, ``[n_rows, n_values]``.
        :param targets: As metrics get them.
        """
        return self

    def linear(self, targets: Floats) -> Floats | None:
        """
        What outputs should be, for a fit by least squares: targets, as `encode` gives them, to
        ``[n_rows, n_outputs]``, NaN where unknown. None if there is no such thing.
        """
        return None
