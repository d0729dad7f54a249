r"""
RankNet: of two rows of the same query, the more relevant one has the higher score.

With the scores :math:`s`, a pair in which row :math:`i` is more relevant than row :math:`j` has the
loss

.. math::
    \log(1 + e^{-(s_i - s_j)}).
"""

from collections.abc import Iterable
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import softplus

from automtl.core.loss import Loss
from automtl.hookspecs import hookimpl
from automtl_plugins.losses._pairs import ranked


class Pairwise(Loss):
    """
    `Learning to Rank Using Gradient Descent <https://doi.org/10.1145/1102351.1102363>`_ (ICML
    2005), with the order of the labels taken for certain.

    .. note::
        The mean over pairs within a query, then over queries, not over all pairs: long queries
        would count with the square of their length. The pairs are those of a batch, and those
        of equal relevance are left out.
    """

    name: ClassVar[str] = "pairwise"
    citation: ClassVar[str] = "https://doi.org/10.1145/1102351.1102363"
    kinds: ClassVar[tuple[str, ...]] = ("ranking",)

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        scores, pairs = ranked(outputs, targets, labelled)
        return pairs.mean(softplus(scores[pairs.worse] - scores[pairs.better]))


@hookimpl
def automtl_losses() -> Iterable[type[Loss]]:
    return [Pairwise]
