r"""
Negative binomial likelihood: counts that vary more than a Poisson distribution lets them.

With the count :math:`y`, the predicted mean :math:`\mu` and the dispersion :math:`\alpha = 1 /
\theta` that the head gives beside it, so that the variance is :math:`\mu + \alpha \mu^2`, the loss
is

.. math::
    -\log \frac{\Gamma(y + \theta)}{\Gamma(\theta) \, y!}
    - \theta \log \frac{\theta}{\theta + \mu} - y \log \frac{\mu}{\theta + \mu}.
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from automtl.core.loss import LabelLoss, Loss
from automtl.hookspecs import hookimpl

BOUND = 7.0  # of log α either way: 0.001 is close to Poisson; less of it float32 cannot tell apart


class NegativeBinomial(LabelLoss):
    r"""
    `Negative Binomial and Mixed Poisson Regression <https://doi.org/10.2307/3314912>`_ (Canadian
    Journal of Statistics, 1987). The prediction is the mean; the dispersion serves in training
    only.

    .. note::
        The dispersion is learned for each row, not once for all. The head gives its logarithm,
        drawn smoothly within :math:`\pm 7` by a hyperbolic tangent. Of counts above a million,
        float32 rounds the loss visibly, though not its gradient.
    """

    name: ClassVar[str] = "negative_binomial"
    citation: ClassVar[str] = "https://doi.org/10.2307/3314912"
    kinds: ClassVar[tuple[str, ...]] = ("count",)

    @property
    def extra_outputs(self) -> int:
        return 1

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        log_mean, raw = outputs.chunk(2, dim=-1)
        log_dispersion = BOUND * (raw / BOUND).tanh()
        theta, ratio = (-log_dispersion).exp(), log_mean + log_dispersion  # log(μ / θ)
        ways = (targets + theta).lgamma() - theta.lgamma() - (targets + 1).lgamma()
        return theta * softplus(ratio) + targets * softplus(-ratio) - ways


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [NegativeBinomial]
