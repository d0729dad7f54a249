"""HOA: trains the tasks in pairs, and predicts from them what larger groups will give."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from random import Random
from statistics import fmean
from typing import ClassVar

from automtl.core.affinity import Matrix
from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, TaskGraph
from automtl.core.searcher import Searcher, Telling
from automtl.hookspecs import hookimpl
from automtl_plugins.searchers._groupings import Grouping, branching, ranked_groupings
from automtl_plugins.searchers._once import OnceSearcher


class HOA(OnceSearcher):
    r"""
    The higher-order approximation of `Which Tasks Should Be Learned Together in Multi-task
    Learning? <https://arxiv.org/abs/1905.07553>`_ (ICML 2020): with :math:`g_i(\{i, j\})` the gain
    of task *i* trained with *j* alone, its gain in a group is predicted to be

    .. math::
        \hat{g}_i(G) = \frac{1}{|G| - 1} \sum_{j \in G \setminus i} g_i(\{i, j\}).

    First each pair is trained; then groupings are proposed by the sum of predicted gains, best
    first, all compared up to 10 tasks, those of a beam search beyond.

    .. note::
        Departures from the paper. Gains over the single-task anchor take the place of losses. A
        candidate holds many pairs at once, as a round of a tournament does, since its parts do not
        touch each other: about as many trainings as tasks. A pair without a finished training
        counts as no gain. A task is in one group, and no limit of inference time selects among
        groupings; where groups branch, is not part of the method.
    """

    name: ClassVar[str] = "hoa"
    citation: ClassVar[str] = "https://arxiv.org/abs/1905.07553"

    def _next(self, rng: Random) -> Candidate | None:
        return self._first_new(map(self._apart, _rounds(self.problem.tasks))) or self._first_new(
            map(self._apart, ranked_groupings(self.problem.tasks, self._pair_gains()))
        )

    def _apart(self, groups: Grouping) -> TaskGraph:
        return branching(groups, self.problem.space.stages, 0)

    def _pair_gains(self) -> Matrix:
        """``[i][j]``: the gain of task *i* in its pair with *j*, averaged over trainings."""
        found: dict[tuple[str, str], list[float]] = {}
        for telling in self.history:
            for task, partner, gain in _pairs(telling):
                if isfinite(gain):
                    found.setdefault((task, partner), []).append(gain)
        tasks = self.problem.tasks
        return tuple(tuple(fmean(found.get((i, j), [0.0])) for j in tasks) for i in tasks)


def _pairs(telling: Telling) -> Iterator[tuple[str, str, float]]:
    """Task, partner and gain of each pair that shared all stages, in hard nodes, with nobody."""
    graph, gains = telling.candidate.graph, telling.gains
    if gains is None or graph.cascades:
        return
    for node in set.intersection(*map(set, graph.stages)):
        if len(node.tasks) == 2 and node.primitive == HARD:
            one, other = node.tasks
            yield one, other, gains[one]
            yield other, one, gains[other]


def _rounds(tasks: Sequence[str]) -> Iterator[Grouping]:
    """
    The rounds of a tournament: each task meets each other once, one of an odd number sits out.

    >>> [["".join(group) for group in groups] for groups in _rounds("abc")]
    [['ab', 'c'], ['ac', 'b'], ['a', 'bc']]
    """
    seats: list[str | None] = [None, *tasks] if len(tasks) % 2 else list(tasks)
    half = len(seats) // 2
    for _ in range(len(seats) - 1):
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        met = (tuple(task for task in pair if task is not None) for pair in pairs)
        yield tuple(sorted(tuple(sorted(group)) for group in met))
        seats.insert(1, seats.pop())  # all but the first move on


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [HOA]
