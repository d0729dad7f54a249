r"""
Cosine: whether the tasks' gradients pull a stage in the same direction.

With :math:`\bar{G}` the mean Gramian of a stage over all measurements, the affinity of two tasks is

.. math::
    a_{ij} = \frac{\bar{G}_{ij}}{\sqrt{\bar{G}_{ii} \, \bar{G}_{jj}}}.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
from torch import Tensor

from automtl.core.affinity import Affinity, AffinityEstimator, Matrix
from automtl.core.task import Floats
from automtl.hookspecs import hookimpl


class CosineAffinity(AffinityEstimator):
    r"""
    The affinity that `Efficiently Identifying Task Groupings
    <https://arxiv.org/abs/2109.04617>`_ (NeurIPS 2021) gathers during one training of all tasks,
    with the cosine of `Gradient Surgery <https://arxiv.org/abs/2001.06782>`_ (NeurIPS 2020) in
    place of the look-ahead loss: to first order, the look-ahead is the same inner product, divided
    by the loss of the receiver.

    .. note::
        Each Gramian comes from two independent batches, norms included, so that noise, which does
        not agree from batch to batch, averages out; a task whose mean squared norm is then not
        positive is all noise, and its affinities are zero. The Gramians are averaged before the
        division, so steps with large gradients count more. The result is symmetric, unlike the
        papers' look-ahead, and does not depend on the scale of the losses.

    Standard errors are the jackknife's over measurements.
    """

    name: ClassVar[str] = "cosine"
    citation: ClassVar[str] = "https://arxiv.org/abs/2109.04617"

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._measurements: list[Floats] = []  # each [n_stages, n_tasks, n_tasks]

    def update(self, gramians: Sequence[Tensor], losses: Tensor) -> None:
        measured = np.stack([gramian.detach().cpu().double().numpy() for gramian in gramians])
        if np.isfinite(measured).all():  # training that has diverged tells nothing
            self._measurements.append(measured)

    def result(self) -> Affinity | None:
        n = len(self._measurements)
        if n < 2:
            return None
        total = np.sum(self._measurements, axis=0)
        without = np.stack([_cosines((total - one) / (n - 1)) for one in self._measurements])
        std = np.sqrt((n - 1) * without.var(axis=0))
        return Affinity(self.tasks, _frozen(_cosines(total / n)), _frozen(std), self.name)


def _cosines(gramians: Floats) -> Floats:
    """Cosines, ``[n_stages, n_tasks, n_tasks]``; zero on the diagonal and for tasks of noise."""
    squares = np.diagonal(gramians, axis1=1, axis2=2)
    inverse = np.where(squares > 0, 1 / np.sqrt(np.where(squares > 0, squares, 1.0)), 0.0)
    cosines = np.clip(gramians * inverse[:, :, None] * inverse[:, None, :], -1.0, 1.0)
    return np.asarray(cosines * (1 - np.eye(gramians.shape[1])))


def _frozen(stages: Floats) -> tuple[Matrix, ...]:
    return tuple(tuple(tuple(row) for row in matrix) for matrix in stages.tolist())


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [CosineAffinity]
