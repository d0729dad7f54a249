r"""
TAG: by which share a step for one task lowers the loss of another.

With :math:`L_i^{s,j}` the loss of task *i* after a step against the gradient of task *j* in stage
*s* alone, on the same batch, the affinity is the mean over measurements of

.. math::
    a_{ij}^s = 1 - L_i^{s,j} / L_i.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import torch

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.samples import Samples
from automtl.hookspecs import hookimpl


class TAG(AffinityEstimator):
    """
    Inter-task affinity of `Efficiently Identifying Task Groupings
    <https://arxiv.org/abs/2109.04617>`_ (NeurIPS 2021), equation 1, exact.

    .. note::
        The paper steps in all shared parameters at once; here each stage has a step of its own, so
        that the affinity has a depth. It measures in the same batch that the step is for, as the
        paper does: noise that two tasks have in common counts as help, which `gramian` avoids at a
        lower cost, and with which this agrees to first order otherwise. A step is one of plain
        gradient descent with the training's first learning rate. The paper's choice of groups
        scores a task on its own as impossible; that choice is not part of this estimator.

    Standard errors are the jackknife's over measurements; see `Samples.affinity`.
    """

    name: ClassVar[str] = "tag"
    citation: ClassVar[str] = "https://arxiv.org/abs/2109.04617"

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._helped = Samples()

    def update(self, probe: Probe) -> None:
        before = torch.where(probe.losses > 0, probe.losses, torch.nan).unsqueeze(1)
        self._helped.add([1 - after / before for after in probe.look_ahead])

    def result(self) -> Affinity | None:
        return self._helped.affinity(np.asarray, self.tasks, self.name)


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [TAG]
