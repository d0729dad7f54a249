r"""
Conflict rate: how often the tasks' gradients point against each other in a stage.

With :math:`k_{ij}` conflicts in :math:`n_{ij}` measurements, the affinity is

.. math::
    a_{ij} = 1 - 2 \, \frac{k_{ij} + 1}{n_{ij} + 2}.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import torch

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.samples import matrices_to_affinity
from automtl.hookspecs import hookimpl


class ConflictRate(AffinityEstimator):
    """
    The conflict score of `Recon: Reducing Conflicting Gradients from the Root for Multi-Task
    Learning <https://arxiv.org/abs/2302.11289>`_ (ICLR 2023), Definition 3: the number of steps in
    which the cosine of two gradients in a layer falls below a threshold.

    It lies between -1, always in conflict, and 1, never. Zero is a conflict in every other
    measurement: what gradients that have nothing to do with each other give by chance.

    :param threshold: The cosine below which there is a conflict. The paper has 0 and values little
        below it; below zero, tasks that have nothing to do with each other come out above zero.

    .. note::
        The gradients come from two independent batches. Where the product of both squared norms
        is then not positive, the cosine is unknown and only its sign is compared with zero. Rates
        are means of the posterior of a uniform prior, and standard errors its spread: a pair that
        was never measured has the affinity 0, and three measurements without a conflict prove
        little.
    """

    name: ClassVar[str] = "conflict_rate"
    citation: ClassVar[str] = "https://arxiv.org/abs/2302.11289"

    def __init__(self, tasks: Sequence[str], n_stages: int, threshold: float = 0.0) -> None:
        super().__init__(tasks, n_stages)
        self.threshold = threshold
        shape = (n_stages, len(self.tasks), len(self.tasks))
        self._conflicts, self._measured = np.zeros(shape), np.zeros(shape)

    def update(self, probe: Probe) -> None:
        for stage, gramian in enumerate(probe.gramians):
            squares = gramian.diagonal()
            scale = torch.outer(squares, squares).clamp_min(0.0).sqrt().nan_to_num()
            measured = gramian.isfinite()
            conflicts = measured & (gramian < self.threshold * scale)
            self._conflicts[stage] += conflicts.cpu().numpy()
            self._measured[stage] += measured.cpu().numpy()

    def result(self) -> Affinity | None:
        if not self._measured.any():
            return None
        conflicts, others = 1 + self._conflicts, 1 + self._measured - self._conflicts
        n = conflicts + others
        std = 2 * np.sqrt(conflicts * others / (n**2 * (n + 1)))
        return matrices_to_affinity(1 - 2 * conflicts / n, std, self.tasks, self.name)


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [ConflictRate]
