r"""
Label correlation: how much the targets of two tasks say of each other.

.. math::
    a_{ij} = \sqrt{\max\left(0, \; 1 - (1 - R_{ij}^2) \, \frac{n_{ij} - 1}{n_{ij} - d - 1}\right)}

with :math:`R^2` the share of one target's variance that the other explains in the :math:`n_{ij}`
training rows that have both, and *d* the larger of their degrees of freedom: 1, or the number of
classes less one.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.core.samples import UNKNOWN, matrices_to_affinity
from automtl.core.task import Floats
from automtl.hookspecs import hookimpl


class LabelCorrelation(AffinityEstimator):
    r"""
    For numbers and for binary tasks the absolute correlation (the phi coefficient of two binary
    ones), for a multi-class task and a number the correlation ratio, and for two tasks of classes
    `Cramér's V <https://doi.org/10.1016/j.jkss.2012.10.002>`_ (Bergsma 2013), here with the
    adjustment of :math:`R^2` for what chance explains.

    It has no sign: heads turn signs round, so that a target and its negative are as good partners
    as a target and itself. It so orders pairs and cannot say that one hurts the other. It takes no
    training, knows no stages, and says nothing of what the inputs explain.

    Standard errors are those of a correlation, :math:`(1 - a^2) / \sqrt{n - 1}`; two tasks with
    hardly a row in common are unknown.
    """

    name: ClassVar[str] = "label_correlation"
    citation: ClassVar[str] = "https://doi.org/10.1016/j.jkss.2012.10.002"
    anchor: ClassVar[Anchor] = Anchor.NONE
    signed: ClassVar[bool] = False

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._found: tuple[Floats, Floats] | None = None  # each [n_tasks, n_tasks]

    def update(self, probe: Probe) -> None:
        targets = probe.targets.detach().cpu().double().numpy()
        mean, std = np.zeros((2, len(self.tasks), len(self.tasks)))
        for i, j in combinations(range(len(self.tasks)), 2):
            both = np.isfinite(targets[:, i]) & np.isfinite(targets[:, j])
            classes = probe.n_classes[i], probe.n_classes[j]
            found = _strength(targets[both, i], targets[both, j], *classes)
            mean[i, j], std[i, j] = mean[j, i], std[j, i] = found
        self._found = mean, std

    def result(self) -> Affinity | None:
        if self._found is None:
            return None
        mean, std = (np.stack([matrix] * self.n_stages) for matrix in self._found)
        return matrices_to_affinity(mean, std, self.tasks, self.name)


def _strength(a: Floats, b: Floats, classes_a: int, classes_b: int) -> tuple[float, float]:
    """How strongly two targets ``[n_rows]`` are related, in [0, 1], and the standard error."""
    n, one, other = len(a), _columns(a, classes_a), _columns(b, classes_b)
    smaller, larger = sorted((one.shape[1], other.shape[1]))
    if smaller < 1 or n < larger + 3:
        return 0.0, UNKNOWN
    explained = np.square(_whiten(one).T @ _whiten(other)).sum() / smaller
    adjusted = 1 - (1 - explained) * (n - 1) / (n - larger - 1)
    strength = float(np.sqrt(np.clip(adjusted, 0.0, 1.0)))
    return strength, (1 - strength**2) / float(np.sqrt(n - 1))


def _columns(target: Floats, n_classes: int) -> Floats:
    """A target as columns: a number or two classes as they are, else all classes but one."""
    if n_classes <= 2:
        return target[:, None]
    there = np.unique(target)
    return np.asarray((target[:, None] == there[1:]).astype(np.float64))


def _whiten(columns: Floats) -> Floats:
    """Orthonormal columns of the same span, without the constant; none if nothing else is left."""
    left, sizes, _ = np.linalg.svd(columns - columns.mean(axis=0), full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * max(1.0, *sizes)])


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [LabelCorrelation]
