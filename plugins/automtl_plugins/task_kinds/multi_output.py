"""Multi-output regression: several numbers at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.metrics import several_values as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError
from automtl.hookspecs import hookimpl
from automtl_plugins.task_kinds._scale import mean_and_std


@dataclass(frozen=True)
class MultiOutput(TaskKind):
    """
    Least squares on standardised targets, each of which counts alike: see `A Survey on
    Multi-output Regression <https://doi.org/10.1002/widm.1157>`_ (WIREs, 2015). Metrics and
    predictions are in the labels' own units.

    :param names: The names of the columns.
    :param means: The mean of each column's training labels.
    :param stds: Their standard deviations, with divisor ``n``.
    """

    name: ClassVar[str] = "multi_output"
    citation: ClassVar[str] = "https://doi.org/10.1002/widm.1157"
    numeric: ClassVar[bool] = True
    several: ClassVar[bool] = True
    primary: ClassVar[str] = "arrmse"
    metrics: ClassVar[Mapping[str, Metric]] = {
        "arrmse": Metric(scores.arrmse, best=0.0),
        "r2": Metric(scores.mean_r2, best=1.0),
        "rmse": Metric(scores.mean_rmse, best=0.0),
        "mae": Metric(scores.mean_mae, best=0.0),
    }
    column_metrics: ClassVar[tuple[str, ...]] = ("arrmse", "r2", "rmse", "mae")

    names: tuple[str, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]

    def __post_init__(self) -> None:
        for field in ("names", "means", "stds"):
            object.__setattr__(self, field, tuple(getattr(self, field)))  # JSON has lists only

    @classmethod
    def fit(
        cls,
        labels: NDArray[Any],
        train: NDArray[np.bool_],
        *,
        columns: Sequence[str] = (),
        **options: Any,
    ) -> Self:
        """
        Learns mean and standard deviation of each column.

        :raises DataError: Unless all labels are finite and those for training vary, in each column.
        """
        if labels.shape[1] < 2:
            raise DataError(
                "A multi-output task has two columns or more, but found one. Use the kind "
                "'regression'."
            )
        names = tuple(columns) or tuple(str(place) for place in range(labels.shape[1]))
        pairs = [
            mean_and_std(column, train, f"'{name}' in a multi-output task")
            for name, column in zip(names, labels.T, strict=True)
        ]
        return cls(names, tuple(mean for mean, _ in pairs), tuple(std for _, std in pairs))

    @property
    def n_targets(self) -> int:
        return len(self.names)

    @property
    def n_outputs(self) -> int:
        return len(self.names)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    @property
    def constant_loss(self) -> float:
        return 1.0  # the variance of standardised targets

    def constant(self) -> Floats:
        return np.array(self.means)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.asarray((labels - np.array(self.means)) / np.array(self.stds), dtype=np.float64)

    def decode(self, targets: Floats) -> Floats:
        """Standardised targets to the labels' own units."""
        return np.asarray(targets * np.array(self.stds) + np.array(self.means), dtype=np.float64)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square()

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs * outputs.new_tensor(self.stds) + outputs.new_tensor(self.means)

    def linear(self, targets: Floats) -> Floats:
        return targets


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [MultiOutput]
