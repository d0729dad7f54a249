r"""
RSA: whether the tasks' own networks tell the same rows apart, stage by stage.

The representation dissimilarity matrix of a task in a stage has :math:`1 - r_{kl}` for rows *k* and
*l*, :math:`r` being the correlation of their features. The affinity of two tasks is the rank
correlation (Spearman) of their matrices' upper triangles.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.core.samples import matrices_to_affinity
from automtl.core.task import Floats
from automtl.hookspecs import hookimpl

FOLDS = 5  # disjoint parts of the rows, whose spread is the standard error


class RSA(AffinityEstimator):
    """
    Representation similarity of `Branched Multi-Task Networks: Deciding What Layers To Share
    <https://arxiv.org/abs/1904.02920>`_ (BMVC 2020), section 3.1, after `Dwivedi and Roig
    <https://arxiv.org/abs/1904.11740>`_ (CVPR 2019).

    Kept as a baseline that is known to be bad: in published tables of trained networks, branching
    by it is anti-correlated with quality (Spearman -0.75 over eleven Taskonomy layouts). It is
    hardly ever negative, so that it orders pairs and cannot say that one hurts the other; and
    networks that are trained apart differ by their first weights alone.

    .. note::
        The affinity is the mean over five disjoint parts of at most 500 training rows, and the
        standard error is that of this mean. A stage that gives one number a row, or the same
        features for all rows, has no dissimilarities; its affinities are zero.
    """

    name: ClassVar[str] = "rsa"
    citation: ClassVar[str] = "https://arxiv.org/abs/1904.02920"
    anchor: ClassVar[Anchor] = Anchor.SINGLE_TASK
    signed: ClassVar[bool] = False

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._folds: list[Floats] = []  # each [n_stages, n_tasks, n_tasks]

    def update(self, probe: Probe) -> None:
        stages = [[f.detach().cpu().double().numpy() for f in stage] for stage in probe.features]
        for fold in range(FOLDS):
            parts = ([features[fold::FOLDS] for features in stage] for stage in stages)
            self._folds.append(np.stack([_similarities(part) for part in parts]))

    def result(self) -> Affinity | None:
        if not self._folds:
            return None
        std = np.std(self._folds, axis=0, ddof=1) / np.sqrt(len(self._folds))
        return matrices_to_affinity(np.mean(self._folds, axis=0), std, self.tasks, self.name)


def _similarities(features: Sequence[Floats]) -> Floats:
    """Features ``[n_rows, n_numbers]`` a task to rank correlations ``[n_tasks, n_tasks]``."""
    return _correlations(np.stack([_ranks(_dissimilarities(given)) for given in features]))


def _dissimilarities(features: Floats) -> Floats:
    """The upper triangle of the dissimilarity matrix, rounded: equal ones must tie in rank."""
    upper = np.triu_indices(len(features), k=1)
    return np.asarray(np.round(1 - _correlations(features)[upper], 9))


def _correlations(rows: Floats) -> Floats:
    """The correlations of ``rows``, zero with one that is constant."""
    centred = rows - rows.mean(axis=1, keepdims=True) if rows.size else rows
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 1e-12)
    return np.asarray(unit @ unit.T)


def _ranks(values: Floats) -> Floats:
    """The ranks of ``values``; those that are equal share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((counts.cumsum() - (counts - 1) / 2)[place])


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [RSA]
