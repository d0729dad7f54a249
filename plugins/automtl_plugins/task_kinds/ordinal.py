r"""
Ordinal regression: one of several classes that have an order.

Output k is the logit of exceeding level k for rows that reach it, so that

.. math::
    P(y > k) = \prod_{j \le k} \sigma(s_j)

never rises with the level.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from automtl.core import labels as class_labels
from automtl.core import metrics as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError, LabelError
from automtl.hookspecs import hookimpl


@dataclass(frozen=True)
class Ordinal(TaskKind):
    """
    CORN: `Deep Neural Networks for Rank-Consistent Ordinal Regression Based on Conditional
    Probabilities <https://arxiv.org/abs/2111.08851>`_ (Pattern Analysis and Applications, 2023).

    .. note::
        The paper divides the sum of all conditional losses by their number, 1.5 a row with two
        thresholds, say. Here the loss of a row is the sum of its own: the negative logarithm of
        the probability of its level. This differs by a constant factor, and makes the loss one
        of the same scale as that of the multiclass kind.

    As in the paper, the label that is predicted, and that the metrics of labels score, is the
    median level: the lowest plus as many as are exceeded with a probability above one half. It is
    not always the most probable one.

    :param names: The levels, from the lowest to the highest.
    :param counts: How many training rows each has.
    :param class_weights: How much a label of each weighs in the loss; empty if all do the same.
    """

    name: ClassVar[str] = "ordinal"
    citation: ClassVar[str] = "https://arxiv.org/abs/2111.08851"
    numeric: ClassVar[bool] = False
    ordered: ClassVar[bool] = True
    options: ClassVar[frozenset[str]] = frozenset({"levels", "class_weights"})
    primary: ClassVar[str] = "log_loss"
    shared_loss: ClassVar[bool] = True
    metrics: ClassVar[Mapping[str, Metric]] = {
        "log_loss": Metric(scores.log_loss, best=0.0),
        "quadratic_kappa": Metric(scores.quadratic_kappa, best=1.0, decided=True),
        "mae": Metric(scores.level_mae, best=0.0, decided=True),
        "accuracy": Metric(scores.accuracy, best=1.0, decided=True),
        "balanced_accuracy": Metric(scores.balanced_accuracy, best=1.0, decided=True),
        "macro_f1": Metric(scores.macro_f1, best=1.0, decided=True),
        "brier": Metric(scores.brier, best=0.0),
        "calibration_error": Metric(scores.calibration_error, best=0.0),
    }

    names: tuple[str, ...]
    counts: tuple[int, ...]
    class_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))  # JSON has lists only
        object.__setattr__(self, "counts", tuple(self.counts))
        object.__setattr__(self, "class_weights", tuple(self.class_weights))

    @classmethod
    def fit(
        cls,
        labels: NDArray[Any],
        train: NDArray[np.bool_],
        *,
        levels: Sequence[object] = (),
        class_weights: object = None,
        **options: Any,
    ) -> Self:
        """
        Counts the levels.

        :param levels: All levels, from the lowest to the highest; may be left out if all labels
            are numbers. Numbers are compared as such, and labels are then written as levels are.
        :param class_weights: A factor for each level, 1 where it is left out.
        :raises DataError: If the order is not known, a label is not one of the levels, fewer than
            two levels have a training row, or a weight is of none or not positive.
        """
        given = _given(levels) if levels != () else ()
        if given:
            labels = class_labels.respelt(labels, given)
            _check_known(labels, given)
        counts = class_labels.count_classes(labels, train)
        names = given or _ascending(counts)
        if len(counts) < 2:
            found = class_labels.listing(list(counts)) or "none"
            raise DataError(
                f"An ordinal task has labels of at least two levels, but found {found}."
            )
        known = {name: counts.get(name, 0) for name in names}
        weights = class_labels.class_weights(class_weights, known)
        return cls(names, tuple(known.values()), weights)

    @property
    def n_outputs(self) -> int:
        return len(self.names) - 1

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def constant_loss(self) -> float:
        return class_labels.entropy(self.counts, self.class_weights)

    def constant(self) -> Floats:
        return class_labels.smoothed_frequencies(self.counts)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return class_labels.class_indices(labels, self.names)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        levels = torch.arange(outputs.shape[-1], device=outputs.device)
        reached = targets.unsqueeze(-1) >= levels
        exceeded = (targets.unsqueeze(-1) > levels).to(outputs.dtype).expand_as(outputs)
        losses = functional.binary_cross_entropy_with_logits(outputs, exceeded, reduction="none")
        return (losses * reached).sum(-1)

    def predict(self, outputs: Tensor) -> Tensor:
        # as products, not as differences of P(y > k): these would round small ones away
        exceeded = functional.logsigmoid(outputs).cumsum(-1)
        reached = functional.pad(exceeded, (1, 0))
        stays = functional.pad(functional.logsigmoid(-outputs), (0, 1))
        return (reached + stays).exp()

    def decide(self, predictions: Floats) -> Floats:
        """1 for the median level, 0 for the others."""
        return np.eye(len(self.names))[class_labels.chosen(predictions, self.ordered)]

    def linear(self, targets: Floats) -> Floats:
        levels, column = np.arange(self.n_outputs), targets[:, None]
        return np.where(column >= levels, (column > levels).astype(np.float64), np.nan)


def _given(levels: object) -> tuple[str, ...]:
    if not isinstance(levels, list | tuple) or not all(
        isinstance(level, str | int | float) and not isinstance(level, bool) for level in levels
    ):
        raise DataError(
            f"Levels are a list of names, from the lowest to the highest, but got {levels!r}. "
            f"Names such as yes, no and null are written in quotes."
        )
    names = tuple(str(level) for level in levels)
    if len(names) < 2:
        raise DataError(f"There are at least two levels, but got {levels!r}.")
    numbers = map(class_labels.as_number, names)
    different = {name if n is None else n for name, n in zip(names, numbers, strict=True)}
    if len(different) < len(names):
        given = class_labels.listing(names, len(names))
        raise DataError(f"Levels are distinct, but got {given}. Name each once.")
    return names


def _check_known(labels: NDArray[Any], names: tuple[str, ...]) -> None:
    unknown = np.array([label is not None and label not in names for label in labels.tolist()])
    if unknown.any():
        row = int(unknown.argmax())
        raise LabelError(
            f"Labels are of the levels {class_labels.listing(names, len(names))}, but here is "
            f"'{labels[row]}'. Add it to the levels, or leave such labels empty.",
            row,
        )


def _ascending(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Levels that are numbers, ascending."""
    values: dict[float, str] = {}
    for name in counts:
        value = _value(name)
        if (other := values.setdefault(value, name)) != name:
            raise DataError(
                f"Equal levels are written alike, but there are '{other}' and '{name}'."
            )
    return tuple(values[value] for value in sorted(values))


def _value(level: str) -> float:
    value = class_labels.as_number(level)
    if value is None:
        raise DataError(
            f"Levels that are no numbers, such as '{level}', have no order of their own. Name all "
            f"of them as the option `levels`, from the lowest to the highest."
        )
    return value


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Ordinal]
