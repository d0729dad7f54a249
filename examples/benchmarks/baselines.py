"""
Searchers that propose one graph only, for ``search_value.py``: what tuning alone is worth.

    plugins: [baselines.py]
"""

from collections.abc import Collection, Iterable, Mapping
from random import Random
from typing import ClassVar

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.objective import mean_gain
from automtl.core.searcher import Searcher
from automtl.core.space import SearchSpace
from automtl.hookspecs import hookimpl

ANEW = 0.3  # probability that settings are drawn from everywhere, not near the best so far
COMPOSE = 4  # every so many trainings, what was best for each task is put together


class AllSharedTuner(Searcher):
    """
    Tunes the all-shared graph: settings are drawn near the best so far, or from everywhere. The
    balancer is one of the settings, if the space has several.
    """

    name: ClassVar[str] = "all_shared"
    citation: ClassVar[str] = "https://jmlr.org/papers/v13/bergstra12a.html"

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        space = self.problem.space
        graph = TaskGraph.all_shared(self.problem.tasks, space.stages)
        told = [t for t in self.history if t.gains is not None and t.candidate.graph == graph]
        best = max(told, key=lambda t: mean_gain(t.gains or {}), default=None)
        near = self.problem.tuned if best is None else best.candidate.hyperparameters
        return space.candidate(graph, _drawn(space, near, rng))


class SingleTaskTuner(Searcher):
    """
    Tunes a network for each task at once: a task's settings are drawn near its own best so far, or
    from everywhere; at times the best for each task are put together. So it is as well tuned a
    zero point as so many trainings can buy.
    """

    name: ClassVar[str] = "single_task"
    citation: ClassVar[str] = "https://jmlr.org/papers/v13/bergstra12a.html"

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        best = self._best()
        composed = self._candidate(best)
        known = {*pending, *(telling.candidate for telling in self.history)}
        if len(self.history) % COMPOSE == COMPOSE - 1 and composed not in known:
            return composed
        space = self.problem.space
        return self._candidate({t: _drawn(space, near, rng) for t, near in best.items()})

    def _best(self) -> dict[str, Mapping[str, Scalar]]:
        """The settings with the highest gain so far, for each task."""
        found = {task: (0.0, self.problem.alone[task]) for task in self.problem.tasks}
        for telling in self.history:
            parts = telling.candidate.parts
            if telling.gains is not None and len(parts) == len(found):
                for part in parts:
                    (task,) = part.graph.tasks
                    tried = (telling.gains[task], part.hyperparameters)
                    found[task] = max(found[task], tried, key=lambda pair: pair[0])
        return {task: settings for task, (_, settings) in found.items()}

    def _candidate(self, alone: Mapping[str, Mapping[str, Scalar]]) -> Candidate:
        graph = TaskGraph.single_task(self.problem.tasks, self.problem.space.stages)
        return self.problem.space.candidate(graph, self.problem.tuned, alone)


def _drawn(space: SearchSpace, near: Mapping[str, Scalar], rng: Random) -> dict[str, Scalar]:
    return space.sample(rng) if rng.random() < ANEW else space.mutate(near, rng, 0.5)


@hookimpl
def automtl_searchers() -> Iterable[type[Searcher]]:
    return [AllSharedTuner, SingleTaskTuner]
