r"""
Distribution-balanced loss: rare labels count more in rows without frequent ones, and negatives are
tolerated.

With :math:`n_k` positives of label :math:`k` in training, :math:`m_k` negatives, the positives
:math:`P` of a row, and :math:`z` the logit :math:`s` less a shift, the loss is

.. math::
    r_k &= \frac{1 / n_k}{\sum_{i \in P} 1 / n_i}, \qquad
    w_k = \alpha + \sigma(\beta (r_k - \mu)), \qquad
    z_k = s_k - \frac{\kappa}{\lambda} \log \frac{m_k}{n_k}, \\
    L_k &= w_k \left( -y (1 - p)^\gamma \log p
        - \frac{1 - y}{\lambda} q^\gamma \log(1 - q) \right), \qquad
    p = \sigma(z_k), \quad q = \sigma(\lambda z_k).
"""

import math
from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor

from automtl.core.loss import Loss, masked_mean
from automtl.core.task import TaskKind
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._counts import training_counts
from automtl_plugins.losses._focal import focal_terms, signed
from automtl_plugins.losses._limits import check_above, check_from


class DistributionBalanced(Loss):
    r"""
    `Distribution-Balanced Loss for Multi-Label Classification in Long-Tailed Datasets
    <https://arxiv.org/abs/2007.09654>`_ (ECCV 2020), with focus.

    :param kind: The fitted kind, with the negatives and positives of each label.
    :param alpha: :math:`\alpha`, the least weight.
    :param beta: :math:`\beta`, how steeply weights rise with :math:`r`.
    :param mu: :math:`\mu`, where they rise.
    :param kappa: :math:`\kappa`, how much the logits of rare labels are shifted.
    :param scale: :math:`\lambda`, how soon negatives are let go.
    :param gamma: :math:`\gamma` of the focal loss; 0 for none.

    .. note::
        :math:`\alpha, \beta, \mu` are the paper's, the others the defaults of the authors' code, of
        which the shift is taken and a constant factor of 2 is left out. A mean over the labels
        that are there; :math:`P` are the positives that are there, and in a row without one,
        :math:`r` is infinite, as in the code. Rows are not resampled. Negatives are let
        go early, so that probabilities are too high: thresholds must be tuned.
    """

    name: ClassVar[str] = "distribution_balanced"
    citation: ClassVar[str] = "https://arxiv.org/abs/2007.09654"
    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    def __init__(
        self,
        kind: TaskKind,
        alpha: float = 0.1,
        beta: float = 10.0,
        mu: float = 0.2,
        kappa: float = 0.1,
        scale: float = 5.0,
        gamma: float = 2.0,
    ) -> None:
        check_from(0, alpha=alpha, kappa=kappa, gamma=gamma)
        check_above(0, beta=beta, scale=scale)
        check_above(-math.inf, mu=mu)
        super().__init__(kind)
        self.alpha, self.beta, self.mu, self.scale, self.gamma = alpha, beta, mu, scale, gamma
        negatives, positives = training_counts(kind).unbind(-1)
        self.rarity = 1 / positives
        self.shift = (negatives / positives).log() * kappa / scale

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        there = targets if labelled is None else targets * labelled
        scales = (targets + (1 - targets) * self.scale).unsqueeze(1)
        logits = signed(outputs - self.shift.to(outputs), targets.unsqueeze(1))
        losses = focal_terms(logits * scales, self.gamma) / scales
        return masked_mean(losses * self._weights(there).unsqueeze(1), labelled)

    def _weights(self, positives: Tensor) -> Tensor:
        """Positives that are there to weights, both ``[n_rows, n_targets]``."""
        rarity = self.rarity.to(positives)
        shares = rarity / (positives * rarity).sum(1, keepdim=True)  # infinite without a positive
        return self.alpha + (self.beta * (shares - self.mu)).sigmoid()


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [DistributionBalanced]
