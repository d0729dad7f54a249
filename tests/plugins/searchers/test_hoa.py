from itertools import combinations
from random import Random
from statistics import fmean

from pytest import approx, mark

from automtl.core.graph import Node, TaskGraph
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.hoa import HOA

HELPFUL = {("a", "b"): 0.3, ("b", "a"): 0.1, ("c", "d"): 0.2, ("d", "c"): 0.2}


def hoa(tasks: str, stages: int = 2) -> HOA:
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    plugins = ({"hard": {}, "mmoe": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    space = SearchSpace(stages, *plugins, rate)
    searcher = HOA(SearchProblem(space, tuple(tasks), space.default()))
    for anchor in (TaskGraph.single_task, TaskGraph.all_shared):
        candidate = searcher.problem.candidate(anchor(tasks, stages))
        searcher.tell(candidate, dict.fromkeys(tasks, 0.0 if len(tasks) > 2 else 0.7))
    return searcher


def gains(graph: TaskGraph) -> dict[str, float]:
    """For each task the mean help of those it shares the first stage with; -0.1 of a stranger."""
    return {
        task: fmean(HELPFUL.get((task, other), -0.1) for other in node.tasks if other != task)
        if len(node.tasks) > 1
        else 0.0
        for node in graph.stages[0]
        for task in node.tasks
    }


def searched(searcher: HOA, n: int) -> list[TaskGraph]:
    rng, graphs = Random(0), []
    for _ in range(n):
        candidate = searcher.ask(rng)
        searcher.tell(candidate, gains(candidate.graph))
        graphs.append(candidate.graph)
    return graphs


def n_rounds(tasks: str) -> int:
    return len(tasks) - 1 + len(tasks) % 2


def test_contract() -> None:
    assert_searcher_contract(HOA)


@mark.parametrize("tasks", ["abc", "abcd", "abcdefg", "abcdefgh"])
def test_a_tournament_comes_first_in_which_each_pair_meets_once(tasks: str) -> None:
    rounds = searched(hoa(tasks), n_rounds(tasks))
    met = [node.tasks for graph in rounds for node in graph.stages[0] if len(node.tasks) > 1]
    assert sorted(met) == list(combinations(tasks, 2))
    assert all(graph.stages[0] == graph.stages[1] for graph in rounds)


def test_predicts_the_mean_over_pairs() -> None:
    searcher = hoa("abcd")
    searched(searcher, 3)
    found = searcher._pair_gains()
    assert found[0] == approx((0.0, 0.3, -0.1, -0.1))
    assert found[1] == approx((0.1, 0.0, -0.1, -0.1))


def test_the_best_grouping_by_pairs_comes_next() -> None:
    searcher = hoa("abcde")
    graphs = searched(searcher, 6)
    assert graphs[-1] == TaskGraph.from_groups([["ab", "cd", "e"]] * 2)


def test_several_trainings_of_a_pair_are_averaged() -> None:
    searcher = hoa("abc", stages=1)
    candidate = searcher.problem.candidate(TaskGraph.from_groups([["ab", "c"]]))
    for gain in (0.2, 0.4):
        searcher.tell(candidate, {"a": gain, "b": -gain, "c": 0.0})
    assert searcher._pair_gains()[0][1] == approx(0.3)
    assert searcher._pair_gains()[1][0] == approx(-0.3)


@mark.parametrize("gain", [None, float("nan")])
def test_a_failed_pair_counts_as_no_gain(gain: float | None) -> None:
    searcher, rng = hoa("abcd"), Random(0)
    for _ in range(3):
        searcher.tell(searcher.ask(rng), None if gain is None else dict.fromkeys("abcd", gain))
    assert not any(map(any, searcher._pair_gains()))


def test_only_pairs_that_share_all_with_nobody_else_are_learned_from() -> None:
    searcher = hoa("abc")
    pair, soft = Node(("a", "b")), Node(("a", "b"), "mmoe")
    alone = (Node(("a",)), Node(("b",)))
    for graph in (
        TaskGraph(((pair, Node(("c",))), (*alone, Node(("c",))))),
        TaskGraph(((soft, Node(("c",))), (soft, Node(("c",))))),
        TaskGraph(((pair, Node(("c",))), (pair, Node(("c",)))), (("c", "a"),)),
    ):
        searcher.tell(searcher.problem.candidate(graph), dict.fromkeys("abc", 0.5))
    assert not any(map(any, searcher._pair_gains()))


def test_of_two_tasks_the_anchor_is_the_pair() -> None:
    searcher = hoa("ab")
    assert searcher._pair_gains() == ((0.0, 0.7), (0.7, 0.0))
    assert len(set(searched(searcher, 8))) <= 3


def test_one_task_is_no_trouble() -> None:
    assert len(searched(hoa("a"), 3)) == 3
