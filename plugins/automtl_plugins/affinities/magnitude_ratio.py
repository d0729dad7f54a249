r"""
Magnitude ratio: whether the tasks' gradients are equally large in a stage.

With :math:`\bar{G}` the mean Gramian of a stage over all measurements, the affinity of two tasks is

.. math::
    a_{ij} = \frac{2 \sqrt{\bar{G}_{ii} \, \bar{G}_{jj}}}{\bar{G}_{ii} + \bar{G}_{jj}}.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.samples import Samples
from automtl.core.task import Floats
from automtl.hookspecs import hookimpl


class MagnitudeRatio(AffinityEstimator):
    """
    Gradient magnitude similarity of `Gradient Surgery for Multi-Task Learning
    <https://arxiv.org/abs/2001.06782>`_ (NeurIPS 2020), Definition 2: 1 where the gradients are
    equally large, towards 0 where one task drowns the other.

    It is never negative, so that it orders pairs and cannot say that one hurts the other; it
    depends on the scale of the losses, as the training itself does.

    .. note::
        Squared norms are the inner products of gradients on two independent batches, averaged
        before the division; a task whose mean squared norm is not positive is all noise, and its
        affinities are unknown.

    Standard errors are the jackknife's over measurements; see `Samples.affinity`.
    """

    name: ClassVar[str] = "magnitude_ratio"
    citation: ClassVar[str] = "https://arxiv.org/abs/2001.06782"
    signed: ClassVar[bool] = False

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._gramians = Samples()

    def update(self, probe: Probe) -> None:
        self._gramians.add(probe.gramians)

    def result(self) -> Affinity | None:
        return self._gramians.affinity(_ratios, self.tasks, self.name)


def _ratios(gramians: Floats) -> Floats:
    """Ratios, ``[n_stages, n_tasks, n_tasks]``; NaN for tasks of noise."""
    squares = np.diagonal(gramians, axis1=1, axis2=2)
    norms = np.where(squares > 0, squares, np.nan) ** 0.5
    total = norms[:, :, None] ** 2 + norms[:, None, :] ** 2
    return np.asarray(2 * norms[:, :, None] * norms[:, None, :] / total)


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [MagnitudeRatio]
