from random import Random

import numpy as np
from pytest import mark

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.core.task import Floats
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.tag import BATCH, TAG

TASKS = tuple("abcdef")
BLOCKS = (("a", "b", "c"), ("d", "e"), ("f",))


def affinity(tasks: tuple[str, ...], stages: list[Floats]) -> Affinity:
    frozen = tuple(tuple(map(tuple, (s * (1 - np.eye(len(s)))).tolist())) for s in stages)
    return Affinity(tasks, frozen, frozen, "made up")


def block_diagonal() -> Floats:
    together = [[any({i, j} <= set(block) for block in BLOCKS) for j in TASKS] for i in TASKS]
    return np.where(together, 0.3, -0.2)


def asked(measured: Affinity | None, n: int, tasks: tuple[str, ...] = TASKS) -> list[TaskGraph]:
    stages = 2 if measured is None else len(measured.mean)
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    plugins = ({"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    space = SearchSpace(stages, *plugins, rate)
    searcher = TAG(SearchProblem(space, tasks, space.default(), measured))
    rng, graphs = Random(0), []
    for _ in range(n):
        candidate = searcher.ask(rng)
        searcher.tell(candidate, dict.fromkeys(tasks, 0.0))
        graphs.append(candidate.graph)
    return graphs


def test_several_may_be_asked_for_before_the_first_is_told() -> None:
    space = SearchSpace(2, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    measured = affinity(TASKS, [block_diagonal()] * 2)
    searcher = TAG(SearchProblem(space, TASKS, space.default(), measured))
    assert [searcher.ask(Random(0)).graph for _ in range(15)] == asked(measured, 15)


def test_contract() -> None:
    assert_searcher_contract(TAG)


@mark.parametrize("n_stages", [1, 3])
def test_the_blocks_of_a_block_diagonal_affinity_come_first(n_stages: int) -> None:
    first = asked(affinity(TASKS, [block_diagonal()] * n_stages), 1)
    assert first == [TaskGraph.from_groups([BLOCKS] * n_stages)]


def test_branching_variants_follow_the_first_groupings() -> None:
    graphs = asked(affinity(TASKS, [block_diagonal()] * 3), BATCH + 2)
    assert all(graph.stages[0] == graph.stages[2] for graph in graphs[:BATCH])
    together = [[TASKS], [TASKS]]
    assert graphs[BATCH] == TaskGraph.from_groups([together[0], BLOCKS, BLOCKS])
    assert graphs[BATCH + 1] == TaskGraph.from_groups([*together, BLOCKS])


def test_where_everyone_hurts_all_stay_apart() -> None:
    graphs = asked(affinity(TASKS, [np.full((6, 6), -0.1)]), 2)
    assert graphs[0] == TaskGraph.single_task(TASKS, 1)


def test_stages_count_alike() -> None:
    """What one stage gains and the other loses more leaves the tasks apart."""
    helps, hurts = np.full((2, 2), 0.1), np.full((2, 2), -0.2)
    assert asked(affinity(("a", "b"), [helps, hurts]), 1, ("a", "b")) == [
        TaskGraph.single_task("ab", 2)
    ]


def test_help_in_one_direction_counts() -> None:
    one_way = np.array([[0.0, 0.5], [-0.2, 0.0]])
    assert asked(affinity(("b", "a"), [one_way]), 1, ("a", "b")) == [TaskGraph.all_shared("ab", 1)]


@mark.parametrize("measured", [None, affinity(("a", "b"), [np.ones((2, 2))])])
def test_beyond_its_list_random_trees_come(measured: Affinity | None) -> None:
    tasks = TASKS if measured is None else measured.tasks
    graphs = asked(measured, 12, tasks)
    assert len(graphs) == 12
    assert measured is not None or len(set(graphs)) == 12
