r"""
Counts: whole numbers that are not negative.

With the output :math:`s`, the logarithm of the predicted rate, the loss of a count :math:`y` is
half its deviance,

.. math::
    e^s - y s + y \log y - y,

over that of the best constant rate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core import metrics as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError, LabelError
from automtl.hookspecs import hookimpl

HEADROOM = 10.0  # how many times the highest training label a prediction may be


@dataclass(frozen=True)
class Count(TaskKind):
    """
    Poisson regression with the logarithm as link: `Generalized Linear Models
    <https://doi.org/10.2307/2344614>`_ (JRSS A, 1972).

    .. note::
        Dividing by the deviance of the constant is what a quasi-likelihood does for counts that
        vary more than the Poisson distribution allows; it also makes losses of tasks with small
        and large counts comparable. Beyond ten times the highest training label the rate rises
        linearly in the loss, so that no step is infinite, and not at all in predictions.

    :param mean: The mean of the training labels.
    :param deviance: Half the mean deviance of that constant.
    :param highest: The highest training label.
    """

    name: ClassVar[str] = "count"
    citation: ClassVar[str] = "https://doi.org/10.2307/2344614"
    numeric: ClassVar[bool] = True
    whole: ClassVar[bool] = True
    primary: ClassVar[str] = "poisson_deviance"
    metrics: ClassVar[Mapping[str, Metric]] = {
        "poisson_deviance": Metric(scores.poisson_deviance, best=0.0),
        "rmse": Metric(scores.rmse, best=0.0),
        "mae": Metric(scores.mae, best=0.0),
        "rrmse": Metric(scores.rrmse, best=0.0),
        "r2": Metric(scores.r2, best=1.0),
    }

    mean: float
    deviance: float
    highest: float

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        """
        Learns the mean and what it leaves unexplained.

        :raises DataError: Unless labels are whole numbers, not negative, and vary in the training
            part.
        """
        wrong = ~np.isnan(labels) & ((labels < 0) | (labels != np.floor(labels)) | np.isinf(labels))
        if wrong.any():
            row = int(wrong.argmax())
            raise LabelError(
                f"The labels of a count task are whole numbers from 0 on, but there is "
                f"{labels[row]:g}. Mend it, or use the kind 'regression'.",
                row,
            )
        known = labels[train & ~np.isnan(labels)]
        if not known.size or known.min() == known.max():
            found = f"all {known.size} are {known[0]:g}" if known.size else "found none"
            raise DataError(f"The labels of a count task vary in the training part, but {found}.")
        mean = float(known.mean())
        deviance = scores.poisson_deviance(np.full((len(known), 1), mean), known) / 2
        return cls(mean, deviance, float(known.max()))

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def constant_loss(self) -> float:
        return 1.0

    def constant(self) -> Floats:
        return np.array([self.mean])

    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.asarray(labels, dtype=np.float64)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logs = outputs[..., 0]
        capped = logs.clamp(max=self._ceiling)
        rates = capped.exp() * (1 + logs - capped)
        losses = rates - targets * logs + torch.xlogy(targets, targets) - targets
        return losses.clamp_min(0.0) / self.deviance  # rounding may leave less than zero

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs.clamp(max=self._ceiling).exp()

    def linear(self, targets: Floats) -> Floats:
        return np.log1p(targets)[:, None]

    @property
    def _ceiling(self) -> float:
        return log(HEADROOM * self.highest)


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Count]
