"""Greedy: from all tasks apart to all together, always joining those with the most affinity."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from random import Random
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher
from automtl.core.task import Floats
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._once import OnceSearcher


class Greedy(OnceSearcher):
    """
    Trees from affinities, one a depth, after `Branched Multi-Task Networks: Deciding What Layers To
    Share <https://arxiv.org/abs/1904.02920>`_ (BMVC 2020).

    Beginning with all tasks apart, each step joins two groups of one stage, the two with the
    highest mean affinity, both directions counted, among those that share all stages before; until
    all are together. The trees on this way are proposed by `Affinity.score`, best first.

    .. note::
        Departures from the paper. It clusters by the dissimilarity of single-task networks'
        features (RSA), of which no sharing at all is the minimum, hence its budget of parameters;
        here the affinity, with the cosine of gradients as the usual one, has a zero point, so there
        is no budget. It searches with a beam from the last stage to the first; here each step is
        final, an average linkage (https://doi.org/10.1007/978-0-387-84858-7, section 14.3.12) of
        all stages at once.

    Without an affinity there is nothing to be greedy for, and it proposes random trees.
    """

    name: ClassVar[str] = "greedy"
    citation: ClassVar[str] = "https://arxiv.org/abs/1904.02920"

    def _next(self, rng: Random) -> Candidate | None:
        affinity = self.problem.affinity
        return None if affinity is None else self._first_new(_ranked(affinity))


@lru_cache(maxsize=8)
def _ranked(affinity: Affinity) -> tuple[TaskGraph, ...]:
    """The trees on the way, best first; of equal ones, the one that shares least."""
    return tuple(sorted(_walk(affinity), key=lambda tree: -affinity.score(tree)))


def _walk(affinity: Affinity) -> Iterator[TaskGraph]:
    """The trees from all apart to all together, one merge at one stage from each to the next."""
    one_way = np.array(affinity.mean)
    between = (one_way + one_way.transpose(0, 2, 1)) / 2
    n_stages, n_tasks, _ = between.shape
    leaders = np.tile(np.arange(n_tasks), (n_stages, 1))  # each group goes by its first task
    yield _tree(affinity.tasks, leaders)
    for _ in range(n_stages * (n_tasks - 1)):
        open_to_merge = np.array([_mergeable(leaders, stage) for stage in range(n_stages)])
        best = np.where(open_to_merge, between, -np.inf).argmax()
        stage, i, j = (int(place) for place in np.unravel_index(best, between.shape))
        _merge(between[stage], leaders[stage], i, j)
        yield _tree(affinity.tasks, leaders)


def _mergeable(leaders: NDArray[np.int64], stage: int) -> NDArray[np.bool_]:
    """Which pairs of groups of ``stage``, by their leaders, share all stages before."""
    places = np.arange(leaders.shape[1])
    leads = leaders[stage] == places
    above = leaders[stage - 1] if stage else np.zeros_like(places)
    pairs: NDArray[np.bool_] = leads[:, None] & leads & (above[:, None] == above)
    return pairs & (places[:, None] < places)


def _merge(between: Floats, leaders: NDArray[np.int64], i: int, j: int) -> None:
    """Joins the group of ``j`` to that of ``i``: its affinity is the mean over the pairs."""
    sizes = (leaders == i).sum(), (leaders == j).sum()
    mean = np.average(between[[i, j]], axis=0, weights=sizes)
    between[i, :], between[:, i] = mean, mean
    leaders[leaders == j] = i


def _tree(tasks: tuple[str, ...], leaders: NDArray[np.int64]) -> TaskGraph:
    places = [[np.flatnonzero(row == leader) for leader in np.unique(row)] for row in leaders]
    return TaskGraph.from_groups(
        [[[tasks[place] for place in group] for group in groups] for groups in places]
    )


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [Greedy]
