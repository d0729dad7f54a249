"""Grouping: the tree of task groups that an affinity suggests."""

from itertools import combinations

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.task import Floats


def group_by_affinity(affinity: Affinity, n_stages: int, threshold: float) -> TaskGraph:
    """
    The tree of hard nodes in which tasks share a stage while they help each other there by at
    least ``threshold`` on average.

    At each stage, the tasks of each group of the stage before are clustered by average linkage
    (https://doi.org/10.1007/978-0-387-84858-7, section 14.3.12), with the mean of both directions
    of the stage's affinity as similarity. So branches only part.

    :param n_stages: How many stages the tree has; the affinity has as many.

    >>> help_at_first, hurt_at_last = ((0.0, 0.5), (0.1, 0.0)), ((0.0, -0.5), (-0.1, 0.0))
    >>> affinity = Affinity(("a", "b"), (help_at_first, hurt_at_last), (), "by hand")
    >>> print(group_by_affinity(affinity, 2, 0.0))
    a+b → a | b
    """
    stages = []
    groups = [list(range(len(affinity.tasks)))]
    for stage in range(n_stages):
        one_way = np.array(affinity.mean[stage])
        similarity = (one_way + one_way.T) / 2
        groups = [part for group in groups for part in _cluster(group, similarity, threshold)]
        stages.append([[affinity.tasks[task] for task in group] for group in groups])
    return TaskGraph.from_groups(stages)


def _cluster(tasks: list[int], similarity: Floats, threshold: float) -> list[list[int]]:
    """Joins the two most similar clusters, again and again, while they reach ``threshold``."""
    clusters = [[task] for task in tasks]
    between = similarity[np.ix_(tasks, tasks)]
    while len(clusters) > 1:
        pairs = combinations(range(len(clusters)), 2)
        i, j = max(pairs, key=lambda pair: between[pair])
        if between[i, j] < threshold:
            break
        sizes = len(clusters[i]), len(clusters[j])
        mean = np.average(between[[i, j]], axis=0, weights=sizes)
        between[i, :], between[:, i] = mean, mean
        between = np.delete(np.delete(between, j, axis=0), j, axis=1)
        clusters[i] += clusters.pop(j)
    return clusters
