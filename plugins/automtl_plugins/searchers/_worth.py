"""What a candidate promises: how the affinity searcher weighs gain, doubt, cost and limits."""

from collections.abc import Mapping, Sequence

import numpy as np

from automtl.core.candidate import Candidate
from automtl.core.costs import CostModel, blocks
from automtl.core.encoding import Labels
from automtl.core.label_moves import count_nodes
from automtl.core.searcher import SearchProblem
from automtl.core.surrogate import Surrogate
from automtl.core.task import Floats

KAPPA = 1.5  # standard deviations that a candidate is given for what is not known of it
CHUNK = 8192  # trees judged at a time


class Worth:
    r"""
    Weighs candidates at one moment of a search by

    .. math::
        \bar\mu(a) + \kappa \, \frac{\bar\sigma^2(a)}{\sqrt{\bar\sigma^2(a) + \bar\tau^2}},

    the posterior mean of the mean gain, and by how much one training, with noise
    :math:`\bar\tau`, is expected to move it (`The Knowledge-Gradient Policy
    <https://doi.org/10.1137/070693424>`_, SIAM 2008); less what tasks are expected to lose beyond
    the limit. Where gain is traded against costs, these count too, with some weights.

    :param problem: What is searched.
    :param surrogate: Judges the gains.
    :param costs: Judges the costs.
    :param pending: Candidates in training.
    :param weights: How much each cost counts, from 0 to 1.
    """

    def __init__(
        self,
        problem: SearchProblem,
        surrogate: Surrogate,
        costs: CostModel,
        pending: Sequence[Candidate],
        weights: Mapping[str, float],
    ) -> None:
        self.problem, self.surrogate, self.costs = problem, surrogate, costs
        self.pending, self.weights = pending, weights

    def of(self, candidates: Sequence[Candidate]) -> Floats:
        """How much each candidate promises, ``[n]``."""
        encoder = self.surrogate.encoder
        labels = encoder.labels(candidates)
        bounds = self._bound(*self.surrogate.judge(encoder(candidates), labels, self.pending))
        return self._weighed(bounds, np.stack([blocks(one.graph) for one in candidates]))

    def of_trees(self, trees: Labels) -> Floats:
        """
        How much each tree of hard nodes with tuned settings promises, ``[n]``.

        :param trees: In canonical form, ``[n, n_stages, n_tasks]``.
        """
        bounds = []
        for start in range(0, len(trees), CHUNK):
            labels = trees[start : start + CHUNK]
            encoded = self.surrogate.encoder.trees(labels, self.problem.tuned)
            bounds.append(self._bound(*self.surrogate.judge(encoded, labels, self.pending)))
        return self._weighed(np.concatenate(bounds), count_nodes(trees))

    def _bound(self, mean: Floats, variance: Floats) -> Floats:
        n_tasks = mean.shape[1]
        unknown = variance.sum(axis=1) / n_tasks**2
        noise = self.surrogate.posterior().noise.sum() / n_tasks**2
        bound = mean.mean(axis=1) + KAPPA * unknown / np.sqrt(unknown + noise)
        limit = self.problem.objective.max_loss_per_task
        if limit is not None:
            bound -= np.maximum(-limit - mean, 0.0).sum(axis=1)
        return np.asarray(bound)

    def _weighed(self, bounds: Floats, n_blocks: Floats) -> Floats:
        for cost, weight in self.weights.items():
            logs = self.costs.predict(n_blocks, cost)
            bounds = (1 - weight) * _standard(bounds) - weight * _standard(logs)
        return bounds


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / (values.std() or 1.0))
