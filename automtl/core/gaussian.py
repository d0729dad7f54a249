"""Gaussian processes for several tasks at once, with an additive kernel."""

from dataclasses import dataclass, replace

import numpy as np

from automtl.core.encoding import Encoded
from automtl.core.task import Floats

CONSTANT = 0.1  # variance of the constant part of the kernel
PSEUDO = 4.0  # observations that the pooled variance counts in the variance of a task
JITTER = 1e-9


@dataclass(frozen=True)
class Kernel:
    r"""
    The covariance of a task's gains in two candidates, in units of the task's variance:

    .. math::
        k(a, b) = c + \lambda (1 - \pi) \, \phi(a)^\top \phi(b)
            + \lambda \pi \, \chi(a)^\top \chi(b)
            + \rho \exp\left(-\lVert \psi(a) - \psi(b) \rVert^2 / \ell\right),

    with the linear features :math:`\phi`, the pooled ones :math:`\chi` and the smooth ones
    :math:`\psi` of `Encoded`.

    :param linear: :math:`\lambda`.
    :param pooled: :math:`\pi`: how much the effects of helpers are shrunk to common ones.
    :param smooth: :math:`\rho`.
    :param length: :math:`\ell`.
    :param noise: The variance of an observation around the truth.
    """

    linear: float
    pooled: float
    smooth: float
    length: float
    noise: float

    def between(self, a: Encoded, b: Encoded) -> Floats:
        """The covariances of all pairs, ``[n_tasks, n_a, n_b]``."""
        found = CONSTANT + self.smooth * np.exp(a.distances(b) / -self.length)
        found += self._alone * (a.linear @ b.linear.transpose(0, 2, 1))
        found += self._together * (a.pooled @ b.pooled.transpose(0, 2, 1))
        return np.asarray(found)

    def diagonal(self, a: Encoded) -> Floats:
        """The variance of each candidate, ``[n_tasks, n_a]``."""
        alone, together = (np.square(part).sum(2) for part in (a.linear, a.pooled))
        level = CONSTANT + self.smooth
        return np.asarray(level + self._alone * alone + self._together * together)

    def along(self, linear: Floats, pooled: Floats, b: Encoded) -> Floats:
        """
        The covariances of the linear part's slopes in some directions, ``[n_directions, n_linear]``
        and ``[n_directions, n_pooled]``, with the gains, ``[n_tasks, n_directions, n_b]``.
        """
        alone = linear @ b.linear.transpose(0, 2, 1)
        together = pooled @ b.pooled.transpose(0, 2, 1)
        return np.asarray(self._alone * alone + self._together * together)

    def steepness(self, linear: Floats, pooled: Floats) -> Floats:
        """The variance of these slopes, ``[n_directions]``."""
        alone, together = (np.square(part).sum(axis=1) for part in (linear, pooled))
        return np.asarray(self._alone * alone + self._together * together)

    @property
    def _alone(self) -> float:
        return self.linear * (1.0 - self.pooled)

    @property
    def _together(self) -> float:
        return self.linear * self.pooled


CHOICES = {  # what `choose_kernel` chooses from
    "linear": (0.1, 0.3, 1.0),
    "pooled": (0.0, 0.4, 0.8),
    "smooth": (0.15, 0.5, 1.0),
    "length": (0.5, 1.0, 2.0),
    "noise": (0.01, 0.05, 0.15, 0.4, 1.0),
}
START = Kernel(linear=0.3, pooled=0.4, smooth=0.5, length=1.0, noise=0.15)


class GaussianProcesses:
    r"""
    One Gaussian process a task (Rasmussen and Williams, https://gaussianprocess.org/gpml/,
    equations 2.23 to 2.26), with one kernel for all and a variance for each.

    The mean of task :math:`i` is :math:`w \, z_i(a)` with a known :math:`z` and a weight that all
    tasks share, estimated by generalised least squares (equation 2.41), shrunk to zero. A task's
    variance is its maximum likelihood estimate, shrunk to that of all tasks together.

    :param observed: The candidates that were trained, with repetitions.
    :param gains: What they gave, ``[n, n_tasks]``.
    :param prior: :math:`z`, ``[n, n_tasks]``.
    :param kernel: The kernel.
    """

    def __init__(self, observed: Encoded, gains: Floats, prior: Floats, kernel: Kernel) -> None:
        self.observed, self.kernel = observed, kernel
        n = len(gains)
        covariance = self._covariance(observed)
        self.inverse: Floats = np.asarray(np.linalg.inv(covariance), dtype=float)
        known = prior.T
        self.weight, self.weight_std = _weight(self.inverse, gains.T, known)
        residuals = gains.T - self.weight * known
        self.alpha = (self.inverse @ residuals[:, :, None])[:, :, 0]
        squares = (residuals * self.alpha).sum(axis=1)
        self.variance = _shrunk(squares, n)
        _, logdet = np.linalg.slogdet(covariance)
        self.evidence = float(
            -0.5 * (n * np.log(self.variance) + squares / self.variance + logdet).sum()
        )

    def _covariance(self, observed: Encoded) -> Floats:
        noise = (self.kernel.noise + JITTER) * np.eye(len(observed))
        return np.asarray(self.kernel.between(observed, observed) + noise)

    @property
    def noise(self) -> Floats:
        """The variance of an observation around the truth, ``[n_tasks]``."""
        return np.asarray(self.kernel.noise * self.variance)

    def predict(
        self, candidates: Encoded, prior: Floats, pending: Encoded | None = None
    ) -> tuple[Floats, Floats]:
        """
        The means and the variances of the true gains, each for itself, both ``[n_tasks, n]``.

        :param pending: What will be observed too: that lowers variances, whatever comes out.
        """
        observed, inverse = self.observed, self.inverse
        if pending is not None:
            observed = Encoded.join([observed, pending])
            inverse = np.asarray(np.linalg.inv(self._covariance(observed)))
        across = self.kernel.between(candidates, observed)
        known = across[:, :, : len(self.observed)]
        mean = (known @ self.alpha[:, :, None])[:, :, 0] + self.weight * prior.T
        explained = np.einsum("tij,tij->ti", across @ inverse, across)
        left = np.maximum(self.kernel.diagonal(candidates) - explained, JITTER)
        return np.asarray(mean), np.asarray(left * self.variance[:, None])

    def covariance(self, candidates: Encoded, task: int) -> Floats:
        """The covariance of the true gains of one task, ``[n, n]``."""
        one, seen = candidates.of([task]), self.observed.of([task])
        across = self.kernel.between(one, seen)[0]
        left = self.kernel.between(one, one)[0] - across @ self.inverse[task] @ across.T
        return np.asarray(self.variance[task] * left)

    def joint(self, candidates: Encoded) -> Floats:
        """The covariance of the true gains summed over tasks, ``[n, n]``."""
        across = self.kernel.between(candidates, self.observed)
        explained = across @ self.inverse @ across.transpose(0, 2, 1)
        left = self.kernel.between(candidates, candidates) - explained
        return np.asarray(np.tensordot(self.variance, left, axes=1))

    def slopes(self, linear: Floats, pooled: Floats) -> tuple[Floats, Floats]:
        """
        The linear part's posterior in some directions of its features: means and standard
        deviations of all tasks, each ``[n_tasks, n_directions]``, the prior mean aside.

        :param linear: ``[n_directions, n_linear]``.
        :param pooled: ``[n_directions, n_pooled]``.
        """
        across = self.kernel.along(linear, pooled, self.observed)
        mean = (across @ self.alpha[:, :, None])[:, :, 0]
        explained = ((across @ self.inverse) * across).sum(axis=2)
        left = np.maximum(self.kernel.steepness(linear, pooled) - explained, 0.0)
        return mean, np.sqrt(left * self.variance[:, None])


def choose_kernel(
    observed: Encoded, gains: Floats, prior: Floats, *, shrinkage: bool = True
) -> Kernel:
    """
    A kernel of high marginal likelihood (equation 2.30, summed over tasks): from `START`, one
    number after another is set to the best of its `CHOICES`, until none changes.

    :param shrinkage: Without it, the effects of helpers are not pooled.
    """
    best = START if shrinkage else replace(START, pooled=0.0)
    evidence = {best: GaussianProcesses(observed, gains, prior, best).evidence}
    before = None
    while best != before:
        before = best
        for name, values in CHOICES.items():
            if name == "pooled" and not shrinkage:
                continue
            for value in values:
                kernel = replace(best, **{name: value})
                if kernel not in evidence:
                    found = GaussianProcesses(observed, gains, prior, kernel)
                    evidence[kernel] = found.evidence
            best = max(evidence, key=lambda kernel: evidence[kernel])
    return best


def _weight(inverse: Floats, gains: Floats, known: Floats) -> tuple[float, float]:
    """
    The weight of the prior mean and its standard deviation, with each task's gains on one scale.

    A spike and a slab (Mitchell and Beauchamp, https://doi.org/10.1080/01621459.1988.10478694): the
    weight is zero or normal, each with probability one half before any observation, and the mean of
    both after. So a prior that does not explain the gains is all but left out.
    """
    if not known.any():
        return 0.0, 0.0
    spread = np.sqrt(np.square(gains).mean(axis=1, keepdims=True) + 1e-12)
    y, z = gains / spread, known / spread
    whitened = (inverse @ z[:, :, None])[:, :, 0]
    # Before any observation, what the prior explains is expected to be of the size of the gains.
    before = float(np.square(z).mean())
    after = before + float((whitened * z).sum())
    explained = float((whitened * y).sum())
    log_odds = 0.5 * (explained**2 / after - np.log(after / before))
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    return float(probability * explained / after), float((probability / after) ** 0.5)


def _shrunk(squares: Floats, n: int) -> Floats:
    pooled = max(float(squares.mean()) / n, 1e-12)
    return np.asarray((PSEUDO * pooled + squares) / (PSEUDO + n))
