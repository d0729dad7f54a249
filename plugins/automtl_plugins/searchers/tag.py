"""TAG: the groups of tasks whose affinities, measured in one training, add up to most."""

from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._groupings import branching, ranked_groupings
from automtl_plugins.searchers._once import OnceSearcher

BATCH = 10  # how many groupings are proposed before variants of them that branch later


class TAG(OnceSearcher):
    r"""
    The network selection of `Efficiently Identifying Task Groupings for Multi-Task Learning
    <https://arxiv.org/abs/2109.04617>`_ (NeurIPS 2021): the score of a task is the mean affinity
    onto it of the others in its group, and groupings are proposed by the sum of these scores, best
    first; all groupings are compared up to 10 tasks, those of a beam search beyond.

    .. note::
        Departures from the paper. A task alone scores zero, the measured zero point of an
        affinity, where the paper's code gives :math:`-10^6` and so never trains a task alone. A
        task is in one group, not in several of which the best is used. There is no limit to the
        number of groups. The affinity is whatever was measured, the mean over stages. After each
        `BATCH` groupings come variants in which all tasks share the first stages, and part later.

    Without an affinity all groupings score the same, and it proposes random trees.
    """

    name: ClassVar[str] = "tag"
    citation: ClassVar[str] = "https://arxiv.org/abs/2109.04617"

    def _next(self, rng: Random) -> Candidate | None:
        affinity = self.problem.affinity
        return None if affinity is None else self._first_new(_trees(affinity))


def _trees(affinity: Affinity) -> Iterator[TaskGraph]:
    """All trees to propose, in order; some more than once."""
    n_stages = len(affinity.mean)
    helps = tuple(map(tuple, np.mean(affinity.mean, axis=0).tolist()))
    ranked = ranked_groupings(affinity.tasks, helps)
    while batch := list(islice(ranked, BATCH)):
        yield from (branching(groups, n_stages, 0) for groups in batch)
        for groups in batch:
            yield from (branching(groups, n_stages, shared) for shared in range(1, n_stages))


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [TAG]
