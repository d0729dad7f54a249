"""Evidence of tasks that rank the rows of a query."""

from typing import Any

import numpy as np

from automtl.core.metrics.queries import ndcg
from automtl.core.task import Floats
from automtl.report.evidence.detail import numbers

PLACES = (1, 2, 3, 5, 10, 20, 50, 100)


def query_evidence(scores: Floats, targets: Floats) -> dict[str, Any]:
    """
    NDCG of the first k places, and what a random order would have: that of equal scores, as `ndcg`
    takes the mean over the orders of these.

    :param scores: ``[n_rows, 1]``.
    :param targets: ``[n_rows, 2]`` of relevance and query.
    :return: ``k``, up to the size of the largest query; ``ndcg`` and ``chance`` at each; and how
        many ``queries`` there are.
    """
    _, sizes = np.unique(targets[:, 1], return_counts=True)
    places = [k for k in PLACES if k < sizes.max()] + [int(sizes.max())]
    blind = np.zeros_like(scores)
    return {
        "ranking": {
            "queries": len(sizes),
            "k": places,
            "ndcg": numbers([ndcg(scores, targets, k) for k in places]),
            "chance": numbers([ndcg(blind, targets, k) for k in places]),
        }
    }
