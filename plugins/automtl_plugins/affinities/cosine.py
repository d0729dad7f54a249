r"""
Cosine: whether the tasks' gradients pull a stage in the same direction.

With :math:`\bar{G}` the mean Gramian of a stage over all measurements, the affinity of two tasks is

.. math::
    a_{ij} = \frac{\bar{G}_{ij}}{\sqrt{\bar{G}_{ii} \, \bar{G}_{jj}}}.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.samples import Samples
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
        positive is all noise, and its affinities are unknown. The Gramians are averaged before the
        division, so steps with large gradients count more. The result is symmetric, unlike the
        papers' look-ahead, and does not depend on the scale of the losses.

    Standard errors are the jackknife's over measurements; see `Samples.affinity`.
    """

    name: ClassVar[str] = "cosine"
    citation: ClassVar[str] = "https://arxiv.org/abs/2109.04617"

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._gramians = Samples()

    def update(self, probe: Probe) -> None:
        self._gramians.add(probe.gramians)

    def result(self) -> Affinity | None:
        return self._gramians.affinity(_cosines, self.tasks, self.name)


def _cosines(gramians: Floats) -> Floats:
    """Cosines, ``[n_stages, n_tasks, n_tasks]``; NaN for tasks of noise."""
    squares = np.diagonal(gramians, axis1=1, axis2=2)
    inverse = np.where(squares > 0, squares, np.nan) ** -0.5
    return np.asarray(np.clip(gramians * inverse[:, :, None] * inverse[:, None, :], -1.0, 1.0))


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [CosineAffinity]
