r"""
Gramian: by which share of its loss a step for one task helps another, to first order.

A step of length :math:`\eta` against the gradient of task *j* changes the loss of task *i* by
:math:`-\eta \, g_i^\top g_j`, so that the affinity is

.. math::
    a_{ij} = \eta \; \overline{\left( G_{ij} / L_i \right)}.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import torch

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.samples import Samples
from automtl.hookspecs import hookimpl


class GramianAffinity(AffinityEstimator):
    """
    The look-ahead of `Efficiently Identifying Task Groupings <https://arxiv.org/abs/2109.04617>`_
    (NeurIPS 2021), equation 1, to first order, for each stage by itself.

    .. note::
        The paper evaluates the loss after the step; `tag` does so. Here the inner product is that
        of gradients on two independent batches: on one batch, tasks with noise in common would
        seem to help each other. What is left is asymmetric through the receiver's loss alone, and
        the receiver's loss is that of one of the two batches. A step is one of plain gradient
        descent with the training's first learning rate, whatever its optimiser.

    Standard errors are the jackknife's over measurements; see `Samples.affinity`.
    """

    name: ClassVar[str] = "gramian"
    citation: ClassVar[str] = "https://arxiv.org/abs/2109.04617"

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._helped = Samples()

    def update(self, probe: Probe) -> None:
        losses = torch.where(probe.losses > 0, probe.losses, torch.nan)
        scale = (probe.learning_rate / losses).unsqueeze(1)
        self._helped.add([gramian * scale for gramian in probe.gramians])

    def result(self) -> Affinity | None:
        return self._helped.affinity(np.asarray, self.tasks, self.name)


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [GramianAffinity]
