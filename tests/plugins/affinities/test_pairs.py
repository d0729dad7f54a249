from collections import Counter
from itertools import combinations
from statistics import stdev

from pytest import approx, mark

from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.pairs import Pairs

NAMES = tuple("abcdefghijklm")


def test_contract() -> None:
    assert_affinity_contract(Pairs)


@mark.parametrize("n_tasks", range(2, 14))
def test_each_two_tasks_meet_once(n_tasks: int) -> None:
    graphs = Pairs(NAMES[:n_tasks], 3).graphs()
    assert len(graphs) == (n_tasks - 1 if n_tasks % 2 == 0 else n_tasks)
    met = Counter(part.tasks for graph in graphs for part in graph.parts if len(part.tasks) > 1)
    assert met == Counter(combinations(NAMES[:n_tasks], 2))
    for graph in graphs:
        assert graph.tasks == NAMES[:n_tasks]
        assert graph.stages[0] == graph.stages[2]


def test_one_task_has_nobody_to_meet() -> None:
    assert Pairs(("a",), 1).graphs() == []


def test_the_affinity_is_the_gain() -> None:
    estimator = Pairs(("a", "b", "c"), 2)
    for graph in estimator.graphs():
        pair = next(part.tasks for part in graph.parts if len(part.tasks) == 2)
        gains = {"ab": (0.1, -0.2), "ac": (0.3, 0.0), "bc": (-0.1, 0.4)}["".join(pair)]
        estimator.learn(
            graph, dict(zip(pair, gains, strict=True)) | dict.fromkeys({*"abc"} - {*pair}, 0.0)
        )
    affinity = estimator.result()
    assert affinity is not None
    for stage in (0, 1):
        assert affinity.between(stage, receiver="a", helper="b") == 0.1
        assert affinity.between(stage, receiver="b", helper="a") == -0.2
        assert affinity.between(stage, receiver="c", helper="b") == 0.4
    assert affinity.std[0][0][1] > 0


def test_seeds_tell_the_noise() -> None:
    estimator, seeds = Pairs(("a", "b"), 1), [0.1, 0.2, 0.6]
    (graph,) = estimator.graphs()
    for gain in seeds:
        estimator.learn(graph, {"a": gain, "b": gain})
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.between(0, "a", "b") == approx(0.3)
    assert affinity.std[0][0][1] == approx(stdev(seeds) / 3**0.5)


def test_pairs_that_were_not_trained_are_unknown() -> None:
    estimator = Pairs(("a", "b", "c", "d"), 1)
    first, second, _ = estimator.graphs()
    estimator.learn(first, dict.fromkeys("abcd", 0.5))
    estimator.learn(second, {})  # its training failed
    affinity = estimator.result()
    assert affinity is not None
    known = [(i, j) for i in range(4) for j in range(4) if affinity.mean[0][i][j]]
    assert len(known) == 4
    unknown = [(i, j) for i in range(4) for j in range(4) if i != j and (i, j) not in known]
    assert {affinity.std[0][i][j] for i, j in unknown} == {1.0}
