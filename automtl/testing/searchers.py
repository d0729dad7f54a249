"""The contract of searchers."""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import HARD, TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import Choice, SearchSpace, Uniform
from automtl.testing.common import check_named

_Told: TypeAlias = tuple[Candidate, dict[str, float] | None]  # a candidate and its gains


def assert_searcher_contract(make: Callable[[SearchProblem], Searcher]) -> None:
    """
    Asserts of a searcher, with and without a measured affinity: it proposes candidates of the
    search space, more than one of them; it can be asked several times before it is told; it takes
    what it did not propose, and failures; told the same and given the same pending, it asks the
    same, whatever it was asked for before.
    """
    for affinity in (None, _affinity()):
        problem = SearchProblem(_space(), _affinity().tasks, _space().default(), affinity)
        searcher = make(problem)
        check_named(type(searcher))
        told = _searched(searcher)
        asked = [candidate for candidate, _ in told]
        for candidate in asked:
            _check_candidate(candidate, problem)
        assert len(set(asked)) > 1, f"`{searcher.name}` proposes one candidate only."
        assert told == _searched(make(problem)), f"`{searcher.name}` cannot be repeated."
        _check_resumed(searcher, make(problem), told)


def _affinity() -> Affinity:
    helpful = ((0.0, 0.2, -0.1), (0.3, 0.0, 0.1), (-0.2, 0.1, 0.0))
    noise = ((0.1,) * 3,) * 3
    return Affinity(("age", "job", "sex"), (helpful, helpful), (noise, noise), "made up")


def _space() -> SearchSpace:
    return SearchSpace(
        stages=2,
        primitives={HARD: {}, "soft_l2": {"strength": Uniform(1e-4, 1e-1, log=True)}},
        blocks={"mlp": {"width": Choice((32, 64, 128))}},
        balancers={"equal": {}},
        schedules={"constant": {}},
        training={"learning_rate": Uniform(1e-4, 1e-2, log=True)},
    )


def _searched(searcher: Searcher) -> list[_Told]:
    """What a searcher proposes, and is told of it in pairs, told of both anchors first."""
    rng, told = Random(0), list[_Told]()
    for anchor in _anchors(searcher.problem):
        searcher.tell(*anchor)
    for step in range(6):
        first = searcher.ask(rng)
        second = searcher.ask(rng, [first])
        gains = {task: 0.01 * step * i for i, task in enumerate(searcher.problem.tasks)}
        told += [(first, gains), (second, None)]
        searcher.tell(first, gains)
        searcher.tell(second, None)
    return told


def _anchors(problem: SearchProblem) -> list[_Told]:
    space, tasks = problem.space, problem.tasks
    graphs = [TaskGraph.single_task(tasks, space.stages), TaskGraph.all_shared(tasks, space.stages)]
    gains = dict.fromkeys(tasks, 0.0)
    return [(space.candidate(graph, space.default()), gains) for graph in graphs]


def _check_resumed(searcher: Searcher, again: Searcher, told: Sequence[_Told]) -> None:
    """``again`` is told what ``searcher`` was told, but not asked for it."""
    for telling in [*_anchors(again.problem), *told]:
        again.tell(*telling)
    pending: list[Candidate] = []
    for seed in range(3):
        here, there = searcher.ask(Random(seed), pending), again.ask(Random(seed), pending)
        assert here == there, f"Resumed, `{searcher.name}` asks for something else."
        pending.append(here)


def _check_candidate(candidate: Candidate, problem: SearchProblem) -> None:
    graph, values = candidate.graph, candidate.hyperparameters
    assert graph.tasks == tuple(sorted(problem.tasks)), f"{graph.tasks=} are not the problem's."
    assert len(graph.stages) == problem.space.stages, f"{graph} has a wrong number of stages."
    assert graph.primitives <= set(problem.space.primitives), f"{graph} has unknown primitives."
    assert problem.space.cascades or not graph.cascades, f"{graph} must not have cascade edges."
    known = problem.space.candidate(graph, problem.space.default()).hyperparameters
    assert values.keys() == known.keys(), f"{sorted(values)} must be {sorted(known)}."
    again = Candidate.from_json(json.loads(json.dumps(candidate.to_json())))
    assert again == candidate, f"A candidate must be JSON data: {candidate}."
