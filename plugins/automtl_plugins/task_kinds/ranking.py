r"""
Ranking: the most relevant rows of each query first.

With the relevances :math:`r` and scores :math:`s` of the rows of a query, its loss is

.. math::
    -\sum_i \frac{2^{r_i} - 1}{\sum_j (2^{r_j} - 1)} \log \frac{e^{s_i}}{\sum_j e^{s_j}}.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.metrics import queries as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError, LabelError
from automtl.hookspecs import hookimpl

MOST = 31  # the highest relevance: gains grow as powers of two


@dataclass(frozen=True)
class Ranking(TaskKind):
    """
    `An Analysis of the Softmax Cross Entropy Loss for Learning-to-Rank with Binary Relevance
    <https://doi.org/10.1145/3341981.3344221>`_ (ICTIR, 2019): a bound on NDCG, and the top-one
    loss of ListNet (https://doi.org/10.1145/1273496.1273513) with gains for exponentials.

    .. note::
        Graded relevance counts with the gains of NDCG. The loss of a query is shared out to its
        rows, the n-fold of each row's term for n rows, so that the mean over rows is one over
        queries weighted by their rows. Queries are those of the batch; one without a relevant
        row has no loss. The prediction is the score, of which only the order within a query
        means something.

    :param loss_of_chance: The mean loss over training rows if all scores are equal.
    """

    name: ClassVar[str] = "ranking"
    citation: ClassVar[str] = "https://doi.org/10.1145/3341981.3344221"
    numeric: ClassVar[bool] = True
    several: ClassVar[bool] = True
    grouped: ClassVar[bool] = True
    primary: ClassVar[str] = "ndcg"
    metrics: ClassVar[Mapping[str, Metric]] = {
        "ndcg": Metric(scores.ndcg, best=1.0),
        "ndcg_at_10": Metric(scores.ndcg_at_10, best=1.0),
        "map": Metric(scores.mean_average_precision, best=1.0),
        "mrr": Metric(scores.mean_reciprocal_rank, best=1.0),
    }

    loss_of_chance: float

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        """
        Learns how hard the queries are.

        :param labels: ``[n_rows, 2]``: relevance and query.
        :raises DataError: If a relevance is negative or above 31, or no query of the training part
            has both a relevant row and another one that is less so.
        """
        relevance = labels[:, 0]
        wrong = (relevance < 0) | (relevance > MOST)
        if wrong.any():
            row = int(wrong.argmax())
            raise LabelError(
                f"Relevance is between 0 and {MOST}, as gains grow as powers of two, but there is "
                f"{relevance[row]:g}. Write it as a few grades.",
                row,
            )
        known = labels[train & ~np.isnan(labels).any(1)]
        _, query, sizes = np.unique(known[:, 1], return_inverse=True, return_counts=True)
        highest, lowest = np.zeros(len(sizes)), np.full(len(sizes), np.inf)
        np.maximum.at(highest, query, known[:, 0])
        np.minimum.at(lowest, query, known[:, 0])
        if not (highest > lowest).any():
            raise DataError(
                "A query of the training part has rows of different relevance, but none of the "
                f"{len(sizes)} has. Name a query column whose values several rows share."
            )
        return cls(float((sizes * np.log(sizes))[highest > 0].sum() / sizes.sum()))

    @property
    def n_targets(self) -> int:
        return 2

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def constant_loss(self) -> float:
        return self.loss_of_chance

    def constant(self) -> Floats:
        return np.zeros(1)

    def encode(self, labels: NDArray[Any]) -> Floats:
        """Relevance, and queries numbered from 1 on: a missing one, which becomes 0, is none."""
        targets = np.full((len(labels), 2), np.nan)
        known = ~np.isnan(labels).any(1)
        _, query = np.unique(labels[known, 1], return_inverse=True)
        targets[known] = np.column_stack([labels[known, 0], query + 1])
        return targets

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row, ``[n_rows, *, 1]`` and ``[n_rows, *, 2]`` to ``[n_rows, *]``."""
        scores = outputs[..., 0]
        gains = torch.exp2(targets[..., 0]) - 1
        place, n_lists = _lists(targets[..., 1])

        def total(values: Tensor) -> Tensor:
            sums = values.new_zeros(n_lists).index_add(0, place, values.reshape(-1))
            return sums[place].view(values.shape)

        highest = scores.detach().new_full((n_lists,), -torch.inf)
        highest = highest.scatter_reduce(0, place, scores.detach().reshape(-1), "amax")
        above = scores - highest[place].view(scores.shape)
        logs = above - total(above.exp()).log()
        return -logs * gains / total(gains).clamp_min(1e-30) * total(torch.ones_like(scores))

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs

    def linear(self, targets: Floats) -> Floats:
        return targets[:, :1]


def _lists(query: Tensor) -> tuple[Tensor, int]:
    """
    The number of the list of each row, ``[n_rows, *]`` to a flat one, and how many lists there
    are: the rows of one query, for each place behind the first axis.
    """
    numbers = query.reshape(len(query), -1).long()
    beside = torch.arange(numbers.shape[1], device=query.device) * (numbers.max() + 1)
    found, place = torch.unique(numbers + beside, return_inverse=True)
    return place.reshape(-1), len(found)


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Ranking]
