"""Regression: one number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from automtl.core import metrics as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError
from automtl.hookspecs import hookimpl


@dataclass(frozen=True)
class Regression(TaskKind):
    """
    Least squares on standardised targets. The squared error is minimised by the mean: see `Making
    and Evaluating Point Forecasts <https://doi.org/10.1198/jasa.2011.r10138>`_ (JASA, 2011).

    Targets are standardised, so that losses of tasks in different units can be added, and so that
    a large offset costs no precision in training. Metrics and predictions are in the labels' own
    units; predictions are of the network's precision, about seven digits.

    :param mean: The mean of the training labels.
    :param std: Their standard deviation, with divisor ``n``.
    """

    name: ClassVar[str] = "regression"
    citation: ClassVar[str] = "https://doi.org/10.1198/jasa.2011.r10138"
    numeric: ClassVar[bool] = True
    primary: ClassVar[str] = "rmse"
    shared_loss: ClassVar[bool] = True
    metrics: ClassVar[Mapping[str, Metric]] = {
        "rmse": Metric(scores.rmse, best=0.0),
        "mae": Metric(scores.mae, best=0.0),
        "r2": Metric(scores.r2, best=1.0),
    }

    mean: float
    std: float

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_]) -> Self:
        """
        Learns mean and standard deviation.

        :raises DataError: Unless all labels are finite and those for training vary.
        """
        if np.isinf(labels).any():
            raise DataError("The labels of a regression task are finite, but some are infinite.")
        known = labels[train & ~np.isnan(labels)]
        if not known.size:
            raise DataError("A regression task has labels in the training part, but found none.")
        if known.min() == known.max():
            raise DataError(
                f"The labels of a regression task vary in the training part, but all "
                f"{known.size} are {known[0]:g}."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            mean, std = float(known.mean()), float(known.std())
        if not 0 < std < np.inf:
            raise DataError(
                f"The labels of a regression task have a standard deviation that a float can "
                f"hold, but got {std}. Rescale them."
            )
        return cls(mean, std)

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def constant_loss(self) -> float:
        return 1.0  # the variance of standardised targets

    def constant(self) -> Floats:
        return np.array([self.mean])

    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.asarray((labels - self.mean) / self.std, dtype=np.float64)

    def decode(self, targets: Floats) -> Floats:
        """Standardised targets to the labels' own units."""
        return np.asarray(targets, dtype=np.float64) * self.std + self.mean

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs[..., 0] - targets).square()

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs * self.std + self.mean


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Regression]
