from random import Random

import numpy as np
from pytest import mark

from automtl.core.encoding import Labels
from automtl.core.label_moves import count_nodes
from automtl.core.task import Floats
from automtl.core.trees import count_trees, graph_of
from automtl_plugins.searchers._leading import BEAM, beam_search, best_of_all, few_trees


def fewest_nodes(trees: Labels) -> Floats:
    """Highest for the tree in which all is shared."""
    return np.asarray(-count_nodes(trees).sum(axis=1))


def most_nodes(trees: Labels) -> Floats:
    return -fewest_nodes(trees)


@mark.parametrize(("n_tasks", "n_stages", "few"), [(4, 3, True), (6, 4, True), (6, 5, False)])
def test_small_problems_have_few_trees(n_tasks: int, n_stages: int, few: bool) -> None:
    assert few_trees(n_tasks, n_stages) == few


def test_a_thousand_tasks_are_not_counted() -> None:
    assert not few_trees(1000, 1)


def test_the_best_of_all_come_in_order() -> None:
    found = best_of_all(4, 2, most_nodes, 5)
    worth = most_nodes(found)
    assert len(found) == 5
    assert worth.tolist() == sorted(worth, reverse=True)
    assert worth[0] == 8  # four nodes at each of two stages
    assert len(best_of_all(4, 2, most_nodes, 10**6)) == count_trees(4, 2)


@mark.parametrize(("worth", "best"), [(fewest_nodes, 3), (most_nodes, 36)])
def test_a_beam_gets_near_the_best_tree(worth: object, best: int) -> None:
    rng, labels = np.random.default_rng(0), np.zeros((3, 12), dtype=np.int64)
    labels[1:] = rng.integers(3, size=12)
    trees = labels[None]
    for seed in range(6):
        trees = beam_search(trees, worth, Random(seed))  # type: ignore[arg-type]
    assert len(trees) <= BEAM
    assert abs(count_nodes(trees[:1]).sum() - best) <= 3


def test_a_beam_holds_trees_and_never_loses_the_best() -> None:
    start = np.zeros((1, 2, 5), dtype=np.int64)
    found = beam_search(start, fewest_nodes, Random(0))
    assert (found[0] == start[0]).all()
    assert all(graph_of("abcde", tree).is_tree for tree in found)
    np.testing.assert_array_equal(found, beam_search(start, fewest_nodes, Random(0)))
