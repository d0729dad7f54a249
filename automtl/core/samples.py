"""Samples of matrices of which some entries may be missing, and what to make of their mean."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from torch import Tensor

from automtl.core.affinity import Affinity, freeze
from automtl.core.task import Floats

UNKNOWN = 1.0  # the standard error of an entry about which nothing is known


class Samples:
    """
    Samples of one matrix ``[n_tasks, n_tasks]`` a stage, NaN where an entry was not measured.

    >>> import torch
    >>> samples = Samples()
    >>> samples.add([torch.tensor([[4.0, 1.0], [1.0, 4.0]])])
    >>> samples.add([torch.tensor([[4.0, 3.0], [3.0, 4.0]])])
    >>> samples.affinity(lambda mean: mean / 4, ("a", "b"), "quarter").mean[0]
    ((0.0, 0.5), (0.5, 0.0))
    """

    def __init__(self) -> None:
        self._samples: list[Floats] = []  # each [n_stages, n_tasks, n_tasks]

    def add(self, matrices: Sequence[Tensor]) -> None:
        """Takes one sample; numbers that are not finite count as not measured."""
        stacked = np.stack([matrix.detach().cpu().double().numpy() for matrix in matrices])
        self._samples.append(np.where(np.isfinite(stacked), stacked, np.nan))

    def affinity(
        self, statistic: Callable[[Floats], Floats], tasks: tuple[str, ...], estimator: str
    ) -> Affinity | None:
        r"""
        The statistic of the mean over samples, with the jackknife's standard error

        .. math::
            \sigma_{ij}^2 = \frac{n_{ij} - 1}{n_{ij}} \sum_k (\theta_{ij} - \theta_{ij}^{(-k)})^2,

        :math:`n_{ij}` being how often entry :math:`ij` was measured and :math:`\theta^{(-k)}` the
        statistic without sample :math:`k` (Efron and Stein,
        https://doi.org/10.1214/aos/1176345462).

        An entry that was measured less than twice, or whose statistic is not defined, is unknown:
        its mean is 0 and its standard error 1. Where it is not defined without one of the samples,
        it counts as 0 there.

        :param statistic: Maps a mean ``[n_stages, n_tasks, n_tasks]``, NaN where it was never
            measured, to the affinity, NaN where it is not defined.
        :returns: None if no entry was measured twice.
        """
        if not self._samples:
            return None
        counts = np.sum([np.isfinite(sample) for sample in self._samples], axis=0)
        whole = statistic(self._mean(counts))
        squares = np.zeros_like(whole)
        for without in self._without_one(counts):
            squares += (np.nan_to_num(statistic(without)) - whole) ** 2
        known = (counts > 1) & np.isfinite(whole)
        if not (known & ~np.eye(len(tasks), dtype=bool)).any():
            return None
        std = np.sqrt(squares * (counts - 1) / np.maximum(counts, 1))
        return matrices_to_affinity(
            np.where(known, whole, 0.0), np.where(known, std, UNKNOWN), tasks, estimator
        )

    def _mean(self, counts: Floats) -> Floats:
        total = np.nansum(self._samples, axis=0)
        return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)

    def _without_one(self, counts: Floats) -> Iterator[Floats]:
        """The mean without each sample in turn."""
        total = np.nansum(self._samples, axis=0)
        for sample in self._samples:
            left = counts - np.isfinite(sample)
            rest = total - np.nan_to_num(sample)
            yield np.where(left > 0, rest / np.maximum(left, 1), np.nan)


def matrices_to_affinity(
    mean: Floats, std: Floats, tasks: tuple[str, ...], estimator: str
) -> Affinity:
    """An affinity of ``mean`` and ``std``, ``[n_stages, n_tasks, n_tasks]``, its diagonal zero."""
    off = 1 - np.eye(len(tasks))
    return Affinity(tasks, freeze((mean * off).tolist()), freeze((std * off).tolist()), estimator)
