"""Clusters of labels that occur together."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.findings.relations import correlations

Floats: TypeAlias = NDArray[np.float64]

MAX_CLUSTERS = 8  # tasks enough to branch between, and few enough to search


def label_clusters(labels: Floats, max_clusters: int = MAX_CLUSTERS) -> list[list[int]]:
    r"""
    Clusters of the columns of labels: each a list of columns in order, by their first ones.

    Agglomerative clustering by average linkage on the phi coefficients of pairs of labels, over
    the rows that have both. Two clusters merge only if they have at most
    :math:`\lceil 2 L / (k + 1) \rceil` of the :math:`L` labels together, so that none of the
    :math:`k` clusters takes nearly all. (Of more than :math:`k` clusters, the two smallest have at
    most :math:`2 L / (k + 1)`: some pair can always merge.)

    :param labels: 0 and 1, NaN where missing, ``[n_rows, n_labels]``; of training rows alone.
    :param max_clusters: How many clusters there are, unless there are fewer labels.
    """
    n_labels = labels.shape[1]
    largest = -(-2 * n_labels // (max_clusters + 1))
    linkage = np.nan_to_num(correlations(labels)[0])
    np.fill_diagonal(linkage, -np.inf)
    clusters = {label: [label] for label in range(n_labels)}
    sizes = np.ones(n_labels)
    while len(clusters) > max_clusters:
        fits = sizes[:, None] + sizes <= largest
        first, second = divmod(int(np.where(fits, linkage, -np.inf).argmax()), n_labels)
        _merge(linkage, sizes, first, second)
        clusters[first] += clusters.pop(second)
    return sorted(sorted(cluster) for cluster in clusters.values())


def _merge(linkage: Floats, sizes: Floats, first: int, second: int) -> None:
    """Makes one cluster of two, in the place of the first; the second can merge no more."""
    weights = np.array([sizes[first], sizes[second]])
    average = weights @ linkage[[first, second]] / weights.sum()
    average[first] = -np.inf
    linkage[first] = linkage[:, first] = average
    linkage[second] = linkage[:, second] = -np.inf
    sizes[first] += sizes[second]
    sizes[second] = np.inf
