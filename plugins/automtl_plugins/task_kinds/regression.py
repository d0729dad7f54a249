"""Regression: one number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from automtl.core import metrics as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.task_kinds._scale import mean_and_std


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
        "rrmse": Metric(scores.rrmse, best=0.0),
        "r2": Metric(scores.r2, best=1.0),
    }

    mean: float
    std: float

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        """
        Learns mean and standard deviation.

        :raises DataError: Unless all labels are finite and those for training vary.
        """
        return cls(*mean_and_std(labels, train, "a regression task"))

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

    def linear(self, targets: Floats) -> Floats:
        return targets[:, None]


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Regression]
