"""The affinity: looked up where it was measured, or learned from trainings of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from pytest import approx, mark

from automtl.core.affinity import Affinity, AffinityEstimator, Probe
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.budget import Budget


def _pair(one: str, other: str, alone: str) -> TaskGraph:
    return TaskGraph.from_groups([[[one, other], [alone]]] * 2)


class Pairs(AffinityEstimator):
    """Two tasks at a time; what they gain is how much they help each other."""

    name, citation = "two at a time", "https://example.org"

    def __init__(self, tasks: Sequence[str], n_stages: int) -> None:
        super().__init__(tasks, n_stages)
        self.learned: dict[TaskGraph, Mapping[str, float]] = {}

    def update(self, probe: Probe) -> None:
        raise AssertionError("it measures nothing")

    def graphs(self) -> Sequence[TaskGraph]:
        return [_pair("a", "b", "c"), _pair("a", "c", "b"), _pair("b", "c", "a")]

    def learn(self, graph: TaskGraph, gains: Mapping[str, float]) -> None:
        assert graph not in self.learned
        self.learned[graph] = gains

    def result(self) -> Affinity | None:
        mean = [[0.0] * len(self.tasks) for _ in self.tasks]
        for graph, gains in self.learned.items():
            one, other = next(node.tasks for node in graph.stages[0] if len(node.tasks) == 2)
            i, j = self.tasks.index(one), self.tasks.index(other)
            mean[i][j], mean[j][i] = gains[one], gains[other]
        matrix = tuple(map(tuple, mean))
        return (
            Affinity(self.tasks, (matrix,) * 2, (matrix,) * 2, self.name) if self.learned else None
        )


def _asked_for(trials: Sequence[Trial]) -> list[Trial]:
    graphs = set(Pairs("abc", 2).graphs())
    first = [trial for trial in trials if trial.phase is Phase.GRAPHS]
    return [trial for trial in first if trial.candidate.graph in graphs and trial.done]


def test_what_the_estimator_asks_for_is_trained_first(sim: Any) -> None:
    director = sim.direct(Budget(30, None, 1), estimator=Pairs)
    trials = sim.walk(director)
    graphs = [trial for trial in trials if trial.phase is Phase.GRAPHS]
    assert [trial.candidate.graph for trial in graphs[:3]] == Pairs("abc", 2).graphs()


def test_the_affinity_is_what_the_estimator_learns_from_the_gains(sim: Any) -> None:
    director = sim.direct(Budget(30, None, 1), estimator=Pairs)
    trials = sim.walk(director)
    affinity = director.affinity
    assert affinity is not None
    for trial in _asked_for(trials)[:3]:
        gains = director.standing.gains(trial)
        assert gains is not None
        one, other = next(n.tasks for n in trial.candidate.graph.stages[0] if len(n.tasks) == 2)
        for stage in range(2):
            assert affinity.between(stage, one, other) == approx(gains[one])
            assert affinity.between(stage, other, one) == approx(gains[other])
    assert director.searcher is not None
    assert director.searcher.problem.affinity == affinity


def test_they_are_paid_from_the_budget(sim: Any) -> None:
    for n_trials in (4, 5, 12):
        trials = sim.walk(sim.direct(Budget(n_trials, None, 1), estimator=Pairs))
        assert len(trials) == n_trials


def test_what_fails_is_neither_learned_nor_asked_for_again(sim: Any) -> None:
    broken = Pairs("abc", 2).graphs()[1]

    def train(order: Order) -> Result:
        fails = order.candidate.graph == broken
        return Result(Status.FAILED, "no") if fails else sim.train(order)

    director = sim.direct(Budget(20, None, 1), estimator=Pairs)
    trials = sim.walk(director, train)
    graphs = [trial for trial in trials if trial.phase is Phase.GRAPHS]
    assert [t.candidate.graph for t in graphs[:3]] == Pairs("abc", 2).graphs()
    affinity = director.affinity
    assert affinity is not None
    assert affinity.between(0, "a", "c") == 0.0
    assert affinity.between(0, "a", "b") != 0.0


@mark.parametrize("workers", [2, 5])
def test_with_workers_each_is_trained_once(sim: Any, workers: int) -> None:
    director = sim.direct(Budget(24, None, 1), estimator=Pairs)
    trials = sim.walk(director, workers=workers, luck=Random(1))
    begun = Counter(t.candidate for t in _asked_for(trials))
    assert max(begun.values()) == 1
    assert {t.candidate.graph for t in _asked_for(trials)} == set(Pairs("abc", 2).graphs())


@mark.parametrize("n", [5, 8, 10, 15])
def test_a_resumed_search_learns_the_same(sim: Any, n: int) -> None:
    whole = sim.walk(sim.direct(Budget(24, None, 3), estimator=Pairs))
    resumed = sim.direct(Budget(24, None, 3), estimator=Pairs)
    for trial in whole[:n]:
        resumed.tell(trial)
    assert [t.order for t in sim.walk(resumed)] == [t.order for t in whole[n:]]


def test_what_was_measured_inside_an_anchor_is_looked_up_once_a_trial(sim: Any) -> None:
    looked: Counter[str] = Counter()

    def look(trial: Trial) -> Affinity | None:
        looked[trial.order.key] += 1
        found: Affinity = sim.measure(trial)
        return found

    sim.walk(sim.direct(Budget(24, None, 3), affinity=look))
    assert set(looked.values()) == {1}


def test_where_the_all_shared_anchor_has_none_the_single_task_anchor_may(sim: Any) -> None:
    def look(trial: Trial) -> Affinity | None:
        return sim.measure(trial) if trial.candidate.graph == sim.single else None

    director = sim.direct(Budget(24, None, 1), affinity=look)
    sim.walk(director)
    affinity, single = director.affinity, director.standing.single
    assert affinity is not None
    assert single is not None
    assert affinity.estimator == single.order.key
