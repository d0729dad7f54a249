"""A searcher is told each trial once, and made again only when it must be."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from pytest import fixture

from automtl.core.candidate import Candidate
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.informed import Informed


class Listener(Searcher):
    name, citation = "listener", "https://example.org"
    made = 0

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        Listener.made += 1

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        raise NotImplementedError


@fixture
def trials(sim: Any) -> list[Trial]:
    values = sim.space.default()
    orders = [
        Order(sim.space.candidate(graph, values), seed, Phase.GRAPHS)
        for graph in (sim.single, sim.shared)
        for seed in range(2)
    ]
    return [Trial(order, sim.train(order)) for order in orders]


@fixture
def problem(sim: Any) -> SearchProblem:
    return SearchProblem(sim.space, sim.tasks, sim.space.default())


def _gains(trial: Trial) -> Mapping[str, float] | None:
    return dict(trial.result.errors) if trial.done else None


def test_tells_what_is_new_and_nothing_twice(trials: list[Trial], problem: SearchProblem) -> None:
    informed, before = Informed(Listener), Listener.made
    for n in (1, 1, 3, 4):
        searcher = informed.of(problem, 0, trials[:n], _gains)
        assert [t.candidate for t in searcher.history] == [t.candidate for t in trials[:n]]
        assert [t.gains for t in searcher.history] == [t.result.errors for t in trials[:n]]
    assert Listener.made == before + 1


def test_begins_again_when_the_basis_changes(trials: list[Trial], problem: SearchProblem) -> None:
    informed, before = Informed(Listener), Listener.made
    informed.of(problem, 0, trials, _gains)
    other = replace(problem, tuned={**problem.tuned, "learning_rate": 0.5})
    changes = [(other, 0, trials), (other, 1, trials), (other, 1, trials[1:]), (other, 1, [])]
    for number, (basis, zero, told) in enumerate(changes, start=2):
        searcher = informed.of(basis, zero, told, _gains)
        assert Listener.made == before + number
        assert searcher.problem == basis
        assert [t.candidate for t in searcher.history] == [trial.candidate for trial in told]


def test_costs_are_told_of_what_succeeded(trials: list[Trial], problem: SearchProblem) -> None:
    result = Result(
        Status.DONE, parameters=3, flops=5, latency_ms=0.5, errors=trials[0].result.errors
    )
    told = [Trial(trials[0].order, result), Trial(trials[1].order, Result(Status.FAILED, "no"))]
    done, failed = Informed(Listener).of(problem, 0, told, _gains).history
    assert done.costs == {"parameters": 3, "flops": 5, "latency_ms": 0.5}
    assert (failed.gains, failed.costs) == (None, {})
