r"""
Pairs: what each two tasks gave each other when they were trained together, and nobody else.

.. math::
    a_{ij} = \text{the gain of task } i \text{ trained with } j \text{ over its single-task anchor}.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from automtl.core.affinity import Affinity, AffinityEstimator, Anchor, Probe
from automtl.core.graph import TaskGraph
from automtl.core.samples import UNKNOWN, matrices_to_affinity
from automtl.hookspecs import hookimpl


class Pairs(AffinityEstimator):
    """
    Pairwise trainings of `Which Tasks Should Be Learned Together in Multi-task Learning?
    <https://arxiv.org/abs/1905.07553>`_ (ICML 2020), section 4: the basis of its higher-order
    approximation.

    Pairs that have no task in common are trained side by side, as independent parts of one graph:
    n - 1 graphs for an even number n of tasks and n for an odd one, by the circle method of
    round-robin tournaments (https://en.wikipedia.org/wiki/Round-robin_tournament).

    .. note::
        A pair shares all stages. How its gain divides between the stages is not measured: every
        stage has the gain of the whole. The paper judges a pair by its loss, here by its metric.

    Standard errors come from the spread of a pair's gains over seeds, pooled over all pairs. While
    every pair was trained once they cannot be known; the spread between the pairs, which the
    differences between them add to, then stands for it as an upper bound.
    """

    name: ClassVar[str] = "pairs"
    citation: ClassVar[str] = "https://arxiv.org/abs/1905.07553"
    anchor: ClassVar[Anchor] = Anchor.NONE

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self._gains: dict[tuple[str, str], list[float]] = defaultdict(list)

    def graphs(self) -> Sequence[TaskGraph]:
        rounds = _tournament(self.tasks) if len(self.tasks) > 1 else []
        return [TaskGraph.from_groups([groups] * self.n_stages) for groups in rounds]

    def learn(self, graph: TaskGraph, gains: Mapping[str, float]) -> None:
        for part in graph.parts:
            if len(part.tasks) != 2 or not gains.keys() >= set(part.tasks):
                continue
            first, second = part.tasks
            self._gains[first, second].append(gains[first])
            self._gains[second, first].append(gains[second])

    def update(self, probe: Probe) -> None:
        """Takes nothing: the trainings of the pairs say it all."""

    def result(self) -> Affinity | None:
        if not self._gains:
            return None
        mean, std = np.zeros((len(self.tasks),) * 2), np.full((len(self.tasks),) * 2, UNKNOWN)
        spread = _spread(list(self._gains.values()))
        place = {task: number for number, task in enumerate(self.tasks)}
        for (receiver, helper), found in self._gains.items():
            mean[place[receiver], place[helper]] = np.mean(found)
            std[place[receiver], place[helper]] = spread / np.sqrt(len(found))
        means, stds = (np.stack([matrix] * self.n_stages) for matrix in (mean, std))
        return matrices_to_affinity(means, stds, self.tasks, self.name)


def _spread(gains: Sequence[Sequence[float]]) -> float:
    """The standard deviation of a gain over seeds."""
    freedom = sum(len(found) - 1 for found in gains)
    if freedom:
        return float(np.sqrt(sum(len(found) * np.var(found) for found in gains) / freedom))
    return float(np.std([found[0] for found in gains]))


def _tournament(tasks: Sequence[str]) -> list[list[list[str]]]:
    """Rounds of disjoint groups in which each two tasks meet once; the odd one out is alone."""
    rest: list[str | None] = [*tasks[1:]] if len(tasks) % 2 == 0 else [*tasks[1:], None]
    rounds = []
    for _ in rest:
        circle = [tasks[0], *rest]
        half = len(circle) // 2
        met = zip(circle[:half], reversed(circle[half:]), strict=True)
        rounds.append([[task for task in group if task is not None] for group in met])
        rest = [rest[-1], *rest[:-1]]
    return rounds


@hookimpl
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:
    return [Pairs]
