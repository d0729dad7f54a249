"""The surrogate of a search: what each task is expected to gain from a candidate."""

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np

from automtl.core.affinity import Affinity, freeze
from automtl.core.candidate import Candidate
from automtl.core.encoding import Encoded, Encoder, Labels
from automtl.core.gaussian import GaussianProcesses, Kernel, choose_kernel
from automtl.core.searcher import SearchProblem
from automtl.core.task import Floats
from automtl.core.trees import random_tree

WORST = -1.0  # gains below count as this: how badly a hopeless candidate failed tells nothing
MEMORY = 1e6  # bound of n_tasks * n_observations ** 2
MOST = 512  # observations that a posterior is made of, at most
KERNEL_TASKS, KERNEL_OBSERVATIONS = 8, 64  # of which the kernel is chosen
PROJECTED = 40  # tasks, up to which the affinity is that of the whole posterior
GROWTH = 1.2  # the kernel is chosen again when there are so many times more observations


class Surrogate:
    """
    A Gaussian process for the gain of each task, fitted to all that was trained so far.

    The kernel is a linear part on who shares what with whom, whose posterior is the affinity
    (`affinity`), and a smooth part for what no sum over pairs explains; see `Encoder` and
    `Kernel`. The prior mean is what was measured of affinity, with a weight learned from the gains,
    zero if the two have nothing to do with each other and negative if it misleads. No sign is built
    in. The noise is learned with the kernel, from candidates that were trained more than once and
    from what the kernel cannot explain.

    Its state follows from what it was told, in that order.

    :param problem: What is searched.
    :param prior: Whether the measured affinity is used.
    :param shrinkage: Whether the effects of helpers are shrunk to common ones.
    """

    def __init__(
        self, problem: SearchProblem, *, prior: bool = True, shrinkage: bool = True
    ) -> None:
        self.encoder = Encoder(problem.space, problem.tasks, problem.alone)
        self.tasks = self.encoder.tasks
        self.tuned, self.shrinkage = problem.tuned, shrinkage
        self.measured = None
        if prior and problem.affinity is not None and len(self.tasks) > 1:
            self.measured = _in_order(problem.affinity, self.tasks)
        self.seen: list[Candidate] = []
        self._gains: list[Floats] = []
        self._means: list[float] = []
        self._encoded: dict[int, tuple[Encoded, Floats]] = {}  # of those in use, with the prior
        self._kernel: tuple[int, Kernel] | None = None
        self._posterior: GaussianProcesses | None = None

    def __len__(self) -> int:
        return len(self.seen)

    def tell(self, candidate: Candidate, gains: Mapping[str, float]) -> None:
        """Takes what a training gave."""
        self.seen.append(candidate)
        self._gains.append(np.array([max(WORST, gains[task]) for task in self.tasks]))
        self._means.append(float(self._gains[-1].mean()))
        self._posterior = None

    def expected(self, labels: Labels) -> Floats:
        """
        What the measured affinity alone expects, up to its weight: the sum over stages and those
        who share them.

        :param labels: Whoever has the same number at a stage shares it, ``[n, n_stages, n_tasks]``.
        :returns: ``[n, n_tasks]``.
        """
        n, n_stages, n_tasks = labels.shape
        found = np.zeros((n, n_tasks))
        if self.measured is not None:
            for stage in range(n_stages):
                shares = labels[:, stage, :, None] == labels[:, stage, None, :]
                found += np.einsum("kij,ij->ki", shares, self.measured[stage])
        return found

    def predict(self, candidates: Sequence[Candidate]) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each task's gain, both ``[n, n_tasks]``."""
        encoded = self.encoder(candidates)
        mean, variance = self.judge(encoded, self.encoder.labels(candidates))
        return mean, np.sqrt(variance)

    def judge(
        self, encoded: Encoded, labels: Labels, pending: Sequence[Candidate] = ()
    ) -> tuple[Floats, Floats]:
        """
        Mean and variance of each task's gain, both ``[n, n_tasks]``.

        :param pending: Candidates in training; what they will give is unknown, but it will be, so
            that they lower the variance.
        """
        soon = self.encoder(pending) if pending else None
        mean, variance = self.posterior().predict(encoded, self.expected(labels), soon)
        return mean.T, variance.T

    def posterior(self) -> GaussianProcesses:
        """The Gaussian processes, given all that was told."""
        if self._posterior is None:
            rows = self._chosen(len(self), _most(len(self.tasks)))
            self._posterior = GaussianProcesses(*self._observations(rows), self.kernel())
        return self._posterior

    def kernel(self) -> Kernel:
        """
        The kernel, chosen anew whenever there are a fifth more observations, on some tasks and some
        observations if there are many.
        """
        n = _milestone(len(self))
        if self._kernel is None or self._kernel[0] != n:
            observed, gains, priors = self._observations(self._chosen(n, KERNEL_OBSERVATIONS))
            step = -(-len(self.tasks) // KERNEL_TASKS)
            tasks = range(0, len(self.tasks), step)
            told = observed.of(tasks), gains[:, tasks], priors[:, tasks]
            self._kernel = n, choose_kernel(*told, shrinkage=self.shrinkage)
        return self._kernel[1]

    def affinity(self) -> Affinity:
        """
        Who helps whom, in gain: the sum over pairs and stages that comes nearest, over random
        trees, to what the posterior expects of each task, with its standard deviation. Where
        there are too many tasks for that, the posterior of the linear part alone.
        """
        n_tasks, n_stages = len(self.tasks), self.encoder.n_stages
        if n_tasks > PROJECTED:
            return self.slopes()
        rng, n_trees = Random(0), max(128, 3 * n_stages * n_tasks)
        drawn = [random_tree(self.tasks, n_stages, rng) for _ in range(n_trees)]
        labels = np.stack([self.encoder.label(tree) for tree in drawn])
        encoded = self.encoder.trees(labels, self.tuned)
        posterior = self.posterior()
        means, _ = posterior.predict(encoded, self.expected(labels))
        found = np.zeros((2, n_stages, n_tasks, n_tasks))
        for task in range(n_tasks):
            shares = labels == labels[:, :, [task]]
            shares[:, :, task] = False
            design = np.column_stack([shares.reshape(n_trees, -1), np.ones(n_trees)])
            project = np.linalg.pinv(design)[:-1]
            spread = (project @ posterior.covariance(encoded, task) * project).sum(axis=1)
            found[0, :, task] = (project @ means[task]).reshape(n_stages, n_tasks)
            found[1, :, task] = np.sqrt(np.maximum(spread, 0.0)).reshape(n_stages, n_tasks)
        found *= 1.0 - np.eye(n_tasks)  # what is not exactly zero there is rounding
        mean, std = (freeze(one) for one in found.tolist())
        return Affinity(self.tasks, mean, std, "posterior")

    def slopes(self) -> Affinity:
        """
        The posterior of the linear part: by how much the gain of one task changes when another
        joins it at a stage, the size of the group aside. Quick, but what the smooth part explains
        is missing.
        """
        means, stds = [], []
        posterior = self.posterior()
        apart = 1.0 - np.eye(len(self.tasks))
        for stage in range(self.encoder.n_stages):
            mean, std = posterior.slopes(*self.encoder.effects(stage))
            if self.measured is not None:
                mean = mean + posterior.weight * self.measured[stage]
                std = np.hypot(std, posterior.weight_std * self.measured[stage])
            means.append((mean * apart).tolist())
            stds.append((std * apart).tolist())
        return Affinity(self.tasks, freeze(means), freeze(stds), "posterior")

    def _observations(self, rows: Sequence[int]) -> tuple[Encoded, Floats, Floats]:
        for row in rows:
            if row not in self._encoded:
                one = [self.seen[row]]
                self._encoded[row] = self.encoder(one), self.expected(self.encoder.labels(one))
        used = [self._encoded[row] for row in rows]
        if len(self._encoded) > len(rows) + KERNEL_OBSERVATIONS:
            self._encoded = dict(zip(rows, used, strict=True))
        return (
            Encoded.join([encoded for encoded, _ in used]),
            np.stack([self._gains[row] for row in rows]),
            np.concatenate([prior for _, prior in used]),
        )

    def _chosen(self, n: int, most: int) -> list[int]:
        """At most ``most`` of the first ``n`` observations: half the best, half the last."""
        if n <= most:
            return list(range(n))
        last = set(range(n - most // 2, n))
        order = np.argsort(-np.array(self._means[:n]), kind="stable").tolist()
        by_gain = (row for row in order if row not in last)
        best = [row for row, _ in zip(by_gain, range(most - len(last)), strict=False)]
        return sorted([*best, *last])


def _in_order(affinity: Affinity, tasks: Sequence[str]) -> Floats:
    """The means of ``affinity``, rows and columns as in ``tasks``; zero where it knows nothing."""
    place = [affinity.tasks.index(task) for task in tasks]
    means = np.array(affinity.mean)[:, place][:, :, place]
    return np.asarray(np.where(np.isfinite(means), means, 0.0))


def _most(n_tasks: int) -> int:
    return int(min(MOST, max(16, (MEMORY / n_tasks) ** 0.5)))


def _milestone(n: int) -> int:
    """The last number of observations, up to ``n``, at which the kernel is chosen anew."""
    reached = step = 1
    while step <= n:
        reached, step = step, max(step + 1, int(step * GROWTH))
    return reached
