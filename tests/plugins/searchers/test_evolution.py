from random import Random
from statistics import fmean

import numpy as np
from pytest import mark

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.evolution import POPULATION, Evolution
from automtl_plugins.searchers.random import RandomSearcher

TASKS = tuple("abcdef")
FRIENDS = ({"a", "b", "c"}, {"d", "e"}, {"f"})  # at the first stage; nobody is one at the second


def space(stages: int, *primitives: str, cascades: bool = False) -> SearchSpace:
    options = {name: {} for name in ("hard", *primitives)}
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    return SearchSpace(
        stages, options, {"mlp": {}}, {"sum": {}}, {"constant": {}}, rate, cascades=cascades
    )


def help_between(stage: int, receiver: str, helper: str) -> float:
    """What the synthetic objective adds up."""
    if receiver == helper:
        return 0.0
    friends = stage == 0 and any({receiver, helper} <= group for group in FRIENDS)
    return 0.3 if friends else -0.2


def synthetic_gains(graph: TaskGraph) -> dict[str, float]:
    """For each task the mean help of those it shares a stage with, summed over stages."""
    return {
        task: sum(
            fmean(help_between(stage, task, other) for other in node.tasks)
            for stage, node in enumerate(graph.path(task))
        )
        for task in graph.tasks
    }


def affinity(sign: float, noise: float = 0.0) -> Affinity:
    drawn = np.random.default_rng(0).normal(size=(2, len(TASKS), len(TASKS)))
    values = np.array([[[help_between(s, i, j) for j in TASKS] for i in TASKS] for s in range(2)])
    mean = sign * values + noise * drawn * (1 - np.eye(len(TASKS)))
    frozen = tuple(tuple(map(tuple, stage)) for stage in mean.tolist())
    return Affinity(TASKS, frozen, frozen, "made up")


def search(searcher: Searcher, n: int, seed: int) -> list[float]:
    """The mean gain of each of ``n`` proposals, told one by one, behind the anchors."""
    rng, (searched, tasks) = Random(seed), (searcher.problem.space, searcher.problem.tasks)
    for anchor in (TaskGraph.single_task, TaskGraph.all_shared):
        candidate = searched.candidate(anchor(tasks, searched.stages), searcher.problem.tuned)
        searcher.tell(candidate, synthetic_gains(candidate.graph))
    found = []
    for _ in range(n):
        candidate = searcher.ask(rng)
        gains = synthetic_gains(candidate.graph)
        searcher.tell(candidate, gains)
        found.append(fmean(gains.values()))
    return found


def mean_best(kind: type[Searcher], measured: Affinity | None, n: int = 25) -> float:
    """The best mean gain of ``n`` proposals, averaged over 20 searches."""
    problem = SearchProblem(space(2), TASKS, space(2).default(), measured)
    return fmean(max(search(kind(problem), n, seed)) for seed in range(20))


def test_contract() -> None:
    assert_searcher_contract(Evolution)


def test_beats_random_search_on_average() -> None:
    assert mean_best(Evolution, None) > mean_best(RandomSearcher, None) + 0.02


def test_an_affinity_that_points_the_right_way_helps() -> None:
    unaware = mean_best(Evolution, None, n=12)
    assert mean_best(Evolution, affinity(1.0, noise=0.3), n=12) > unaware + 0.02


def test_a_perfect_affinity_leads_to_the_best_tree_soon() -> None:
    problem = SearchProblem(space(2), TASKS, space(2).default(), affinity(1.0))
    best = TaskGraph.from_groups([FRIENDS, [[task] for task in TASKS]])
    expected = fmean(synthetic_gains(best).values())
    assert max(search(Evolution(problem), 8, seed=0)) == expected


def test_asks_before_the_first_is_told_differ() -> None:
    searcher = Evolution(SearchProblem(space(2), TASKS, space(2).default(), affinity(1.0)))
    rng = Random(0)
    assert len({searcher.ask(rng) for _ in range(30)}) > 5


def test_what_will_not_do_is_avoided() -> None:
    searcher, rng = Evolution(SearchProblem(space(2), TASKS, space(2).default())), Random(0)
    pending: list[Candidate] = []
    for _ in range(20):
        pending.append(searcher.ask(rng, pending))
    assert len(set(pending)) == 20


def told_single_task() -> Evolution:
    """A search that has seen enough to evolve, of which only the single-task anchor succeeded."""
    searched = space(1)
    searcher = Evolution(SearchProblem(searched, TASKS, searched.default(), None))
    for size in range(1, 6):
        halves = TaskGraph.from_groups([[TASKS[:size], TASKS[size:]]])
        searcher.tell(searched.candidate(halves, searched.default()), None)
    single = searched.candidate(TaskGraph.single_task(TASKS, 1), searched.default())
    searcher.tell(single, dict.fromkeys(TASKS, -1.0))
    return searcher


def all_follow_single_task(searcher: Evolution) -> bool:
    """Whether proposals are one or two moves from the single-task anchor: each move joins two."""
    asked = [searcher.ask(Random(seed)).graph for seed in range(50)]
    return all(len(graph.stages[0]) >= len(TASKS) - 2 for graph in asked)


def test_children_follow_what_succeeded() -> None:
    assert all_follow_single_task(told_single_task())


@mark.parametrize("gain", [None, float("nan")])
def test_what_failed_has_no_children(gain: float | None) -> None:
    searcher = told_single_task()
    shared = space(1).candidate(TaskGraph.all_shared(TASKS, 1), space(1).default())
    searcher.tell(shared, None if gain is None else dict.fromkeys(TASKS, gain))
    assert all_follow_single_task(searcher)


def test_a_lucky_candidate_dies_of_age() -> None:
    searcher = told_single_task()
    shared = space(1).candidate(TaskGraph.all_shared(TASKS, 1), space(1).default())
    searcher.tell(shared, dict.fromkeys(TASKS, 9.0))
    assert not all_follow_single_task(searcher)
    single = TaskGraph.single_task(TASKS, 1)
    for number in range(POPULATION):
        again = space(1).candidate(single, {"learning_rate": (number + 1) / 1e4})
        searcher.tell(again, dict.fromkeys(TASKS, -1.0))
    assert all_follow_single_task(searcher)


@mark.parametrize("cascades", [False, True])
@mark.parametrize("stages", [1, 3])
@mark.parametrize("tasks", ["a", "ab"])
def test_the_smallest_problems_work(tasks: str, stages: int, cascades: bool) -> None:
    searched = space(stages, "mmoe", cascades=cascades)
    for measured in (None, _zero_affinity(tuple(tasks), stages)):
        problem = SearchProblem(searched, tuple(tasks), searched.default(), measured)
        assert len(search(Evolution(problem), 15, seed=0)) == 15


def _zero_affinity(tasks: tuple[str, ...], stages: int) -> Affinity:
    zeros = (((0.0,) * len(tasks),) * len(tasks),) * stages
    return Affinity(tasks, zeros, zeros, "made up")


def test_reaches_primitives_and_cascades_of_the_space() -> None:
    searched = space(2, "mmoe", cascades=True)
    searcher = Evolution(SearchProblem(searched, TASKS, searched.default(), None))
    rng, graphs = Random(0), []
    for _ in range(40):
        candidate = searcher.ask(rng)
        searcher.tell(candidate, dict.fromkeys(TASKS, 0.0))
        graphs.append(candidate.graph)
    assert any("mmoe" in graph.primitives for graph in graphs)
    assert any(graph.cascades for graph in graphs)
