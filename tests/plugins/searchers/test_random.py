from collections import Counter
from dataclasses import replace
from random import Random

from pytest import mark

from automtl.core.graph import TaskGraph
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.core.trees import count_trees
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.random import RandomSearcher


def space(stages: int, *primitives: str, cascades: bool = False) -> SearchSpace:
    options = {name: {} for name in ("hard", *primitives)}
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    return SearchSpace(
        stages, options, {"mlp": {}}, {"sum": {}}, {"constant": {}}, rate, cascades=cascades
    )


def asked(searched: SearchSpace, tasks: str, n: int) -> list[TaskGraph]:
    searcher = RandomSearcher(SearchProblem(searched, tuple(tasks), searched.default(), None))
    rng = Random(0)
    return [searcher.ask(rng).graph for _ in range(n)]


def test_contract() -> None:
    assert_searcher_contract(RandomSearcher)


def test_every_tree_is_equally_likely() -> None:
    n_trees = count_trees(3, 2)
    counts = Counter(asked(space(2), "abc", 100 * n_trees))
    assert len(counts) == n_trees
    assert all(60 < count < 140 for count in counts.values())


def test_half_of_the_shared_nodes_are_hard() -> None:
    graphs = asked(space(2, "mmoe", "soft_l2"), "abcd", 300)
    shared = [n.primitive for g in graphs for stage in g.stages for n in stage if len(n.tasks) > 1]
    share = {name: count / len(shared) for name, count in Counter(shared).items()}
    assert abs(share["hard"] - 0.5) < 0.08
    assert abs(share["mmoe"] - share["soft_l2"]) < 0.08


def test_what_will_not_do_is_avoided() -> None:
    searched = replace(space(1), training={})
    searcher = RandomSearcher(SearchProblem(searched, ("a", "b"), searched.default()))
    shared, single = (
        searcher.problem.candidate(make("ab", 1))
        for make in (TaskGraph.all_shared, TaskGraph.single_task)
    )
    assert all(searcher.ask(Random(n), [shared]).graph == single.graph for n in range(20))


def test_draws_cascades_only_where_the_space_has_them() -> None:
    assert not any(graph.cascades for graph in asked(space(1), "abc", 30))
    drawn = {edge for g in asked(space(1, cascades=True), "abc", 200) for edge in g.cascades}
    assert len(drawn) == 6


@mark.parametrize("stages", [1, 3])
def test_one_task_has_one_graph(stages: int) -> None:
    assert set(asked(space(stages, "mmoe", cascades=True), "a", 10)) == {
        TaskGraph.all_shared("a", stages)
    }


def test_half_of_the_hyperparameters_stay_as_tuned() -> None:
    tuned = {**space(1).default(), "learning_rate": 0.003}
    searcher = RandomSearcher(SearchProblem(space(1), ("a", "b"), tuned, None))
    rates = [searcher.ask(Random(n)).hyperparameters["learning_rate"] for n in range(200)]
    assert 60 < rates.count(0.003) < 140
