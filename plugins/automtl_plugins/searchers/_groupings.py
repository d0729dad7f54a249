r"""
Groupings of the tasks, ranked by how much the members of a group help each other on average. It
offers no plugin.

With :math:`a_{ij}` the help of task *j* to task *i*, the score of a grouping is

.. math::
    \sum_G \sum_{i \in G} \frac{1}{|G| - 1} \sum_{j \in G \setminus i} a_{ij}
    = \sum_G \frac{1}{|G| - 1} \sum_{i \neq j \in G} a_{ij},

the sum of the predicted gains of all tasks; a task alone adds zero.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.affinity import Matrix
from automtl.core.graph import TaskGraph
from automtl.core.task import Floats

EXHAUSTIVE = 10  # up to so many tasks, every grouping is looked at: 115,975 of ten tasks
BEAM = 200  # how many groupings of the first few tasks are kept where there are more tasks
N_RANKED = 1000  # how many groupings are given at most

Integers: TypeAlias = NDArray[np.int64]
Grouping: TypeAlias = tuple[tuple[str, ...], ...]


def ranked_groupings(tasks: Sequence[str], helps: Matrix) -> Iterator[Grouping]:
    """
    Groupings of ``tasks``, best first: the best of all up to `EXHAUSTIVE` tasks, those that a beam
    search finds beyond. Of equal ones, those that join earlier tasks come first.

    :param helps: ``helps[i][j]``: how much *j* helps *i*; the diagonal is zero.

    >>> list(ranked_groupings("ab", ((0.0, 0.5), (-0.2, 0.0))))
    [(('a', 'b'),), (('a',), ('b',))]
    """
    for labels in _ranked_labels(helps):
        groups: dict[int, list[str]] = {}
        for task, label in zip(tasks, labels, strict=True):
            groups.setdefault(int(label), []).append(task)
        yield tuple(map(tuple, groups.values()))


def branching(groups: Grouping, n_stages: int, n_shared: int) -> TaskGraph:
    """
    The tree that all tasks share for ``n_shared`` stages, and each of ``groups`` from there on.

    >>> print(branching((("a", "b"), ("c",)), 2, 1))
    a+b+c → a+b | c
    """
    everyone = tuple(task for group in groups for task in group)
    return TaskGraph.from_groups([[everyone]] * n_shared + [groups] * (n_stages - n_shared))


@lru_cache(maxsize=8)
def _ranked_labels(helps: Matrix) -> Integers:
    """
    The number of each task's group, ``[n_groupings, n_tasks]``. Task by task, each grouping of
    the ones before is continued in every way: the task joins a group, or begins one.
    """
    both = np.array(helps) + np.array(helps).T
    n_tasks = len(both)
    width = None if n_tasks <= EXHAUSTIVE else BEAM
    labels = np.zeros((1, 0), dtype=np.int64)
    totals, sizes = np.zeros((1, n_tasks)), np.zeros((1, n_tasks))  # by grouping and group
    for task in range(n_tasks):
        joining = _joining(labels, both[task, :task], n_tasks)
        scores = _continued(totals, sizes, joining)
        best = np.argsort(-scores, axis=None, kind="stable")[:width]
        rows, joined = np.unravel_index(best[scores.flat[best] > -np.inf], scores.shape)
        labels = np.column_stack([labels[rows], joined])
        totals, sizes = totals[rows], sizes[rows]
        totals[np.arange(len(rows)), joined] += joining[rows, joined]
        sizes[np.arange(len(rows)), joined] += 1
    return labels[:N_RANKED].copy()  # the many others need not stay in memory


def _joining(labels: Integers, both: Floats, n_tasks: int) -> Floats:
    """
    What a task adds to the total of each group that it may join, ``[n_groupings, n_tasks]``.

    :param both: The help between the task and each of the ones before, both directions added.
    """
    rows = np.arange(len(labels))[:, None] * n_tasks
    weights = np.broadcast_to(both, labels.shape)
    added = np.zeros(len(labels) * n_tasks)
    added += np.bincount((rows + labels).ravel(), weights.ravel(), len(added))
    return added.reshape(len(labels), n_tasks)


def _continued(totals: Floats, sizes: Floats, joining: Floats) -> Floats:
    """
    The score of each grouping when the next task joins each of its groups, or the first empty one:
    ``[n_groupings, n_tasks]``, minus infinity for the rest.
    """
    before = totals / np.maximum(sizes - 1, 1)
    after = (totals + joining) / np.maximum(sizes, 1)
    scores = before.sum(axis=1, keepdims=True) - before + after
    n_groups = (sizes > 0).sum(axis=1, keepdims=True)
    legal: Floats = np.where(np.arange(scores.shape[1]) <= n_groups, scores, -np.inf)
    return legal
