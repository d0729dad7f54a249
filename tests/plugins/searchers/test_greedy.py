from itertools import pairwise
from random import Random

import numpy as np
from pytest import mark

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.greedy import Greedy, _walk

TASKS = tuple("abcde")


def drawn(n_stages: int, seed: int, tasks: tuple[str, ...] = TASKS) -> Affinity:
    shape = (n_stages, len(tasks), len(tasks))
    values = np.random.default_rng(seed).normal(size=shape) * (1 - np.eye(len(tasks)))
    frozen = tuple(tuple(map(tuple, stage)) for stage in values.tolist())
    return Affinity(tasks, frozen, frozen, "made up")


def asked(affinity: Affinity | None, n: int) -> list[TaskGraph]:
    stages = 2 if affinity is None else len(affinity.mean)
    tasks = TASKS if affinity is None else affinity.tasks
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    plugins = ({"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    space = SearchSpace(stages, *plugins, rate)
    searcher = Greedy(SearchProblem(space, tasks, space.default(), affinity))
    rng, graphs = Random(0), []
    for _ in range(n):
        candidate = searcher.ask(rng)
        searcher.tell(candidate, dict.fromkeys(tasks, 0.0))
        graphs.append(candidate.graph)
    return graphs


def test_several_may_be_asked_for_before_the_first_is_told() -> None:
    affinity = drawn(2, 0)
    space = SearchSpace(2, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    searcher = Greedy(SearchProblem(space, TASKS, space.default(), affinity))
    assert [searcher.ask(Random(0)).graph for _ in range(9)] == asked(affinity, 9)


def n_groups(graph: TaskGraph) -> int:
    return sum(map(len, graph.stages))


def test_contract() -> None:
    assert_searcher_contract(Greedy)


@mark.parametrize("n_stages", [1, 3])
@mark.parametrize("seed", range(5))
def test_walks_from_all_apart_to_all_together_one_merge_a_step(n_stages: int, seed: int) -> None:
    way = list(_walk(drawn(n_stages, seed)))
    assert way[0] == TaskGraph.single_task(TASKS, n_stages)
    assert way[-1] == TaskGraph.all_shared(TASKS, n_stages)
    assert all(graph.is_tree for graph in way)
    assert all(n_groups(after) == n_groups(before) - 1 for before, after in pairwise(way))


@mark.parametrize("threshold", [-1.0, -0.3, 0.0, 0.3, 1.0])
@mark.parametrize("seed", range(5))
def test_of_one_stage_every_cut_of_the_dendrogram_lies_on_the_way(
    seed: int, threshold: float
) -> None:
    affinity = drawn(1, seed)
    assert group_by_affinity(affinity, 1, threshold) in set(_walk(affinity))


@mark.parametrize("seed", range(3))
def test_proposes_the_way_by_score(seed: int) -> None:
    affinity = drawn(2, seed)
    way = list(_walk(affinity))
    graphs = asked(affinity, len(way))
    scores = [affinity.score(graph) for graph in graphs]
    assert set(graphs) == set(way)
    assert scores == sorted(scores, reverse=True)


def test_joins_the_best_pair_first_at_the_stage_where_it_is_best() -> None:
    zeros = np.zeros((2, 3, 3))
    zeros[0, 0, 1] = zeros[0, 1, 0] = 0.2
    zeros[1, 1, 2] = 0.9  # no use before both share the first stage
    frozen = tuple(tuple(map(tuple, stage)) for stage in zeros.tolist())
    way = list(_walk(Affinity(("a", "b", "c"), frozen, frozen, "made up")))
    assert str(way[1]) == "a+b | c → a | b | c"


def test_beyond_the_way_random_trees_come() -> None:
    affinity = drawn(2, 0, ("a", "b", "c"))
    graphs = asked(affinity, 12)
    assert len(set(graphs)) == 12  # all trees of three tasks over two stages


def test_without_affinity_random_trees_come() -> None:
    assert len(set(asked(None, 10))) == 10


def test_one_task_is_no_trouble() -> None:
    assert len(asked(drawn(2, 0, ("a",)), 3)) == 3
