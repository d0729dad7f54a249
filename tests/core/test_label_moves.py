from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from pytest import mark

from automtl.core.encoding import Labels
from automtl.core.label_moves import canonical, count_nodes, distinct, neighbour
from automtl.core.trees import count_trees, graph_of, label_trees

SIZES = [(1, 1), (1, 3), (2, 1), (3, 2), (4, 3)]

Anchor: TypeAlias = Callable[[int, int], Labels]


def tasks(n: int) -> tuple[str, ...]:
    return tuple(f"task {number}" for number in range(n))


def single_task(n_tasks: int, n_stages: int) -> Labels:
    return np.tile(np.arange(n_tasks), (n_stages, 1))


def all_shared(n_tasks: int, n_stages: int) -> Labels:
    return np.zeros((n_stages, n_tasks), dtype=int)


def walk(start: Labels, n: int, seed: int = 0) -> Iterator[Labels]:
    """One move after another, without new numbers in between."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        start = neighbour(start, rng)
        yield start
        start = canonical(start)


def members(labels: Labels) -> Labels:
    """Who shares a node with whom, ``[n_stages, n_tasks, n_tasks]``."""
    return np.asarray(labels[..., :, None] == labels[..., None, :])


@mark.parametrize(("n_tasks", "n_stages"), [*SIZES, (30, 4)])
@mark.parametrize("anchor", [single_task, all_shared])
def test_a_neighbour_of_a_tree_is_a_tree(anchor: Anchor, n_tasks: int, n_stages: int) -> None:
    for found in walk(anchor(n_tasks, n_stages), 300):
        graph = graph_of(tasks(n_tasks), found)
        assert graph.is_tree
        assert set(graph.tasks) == set(tasks(n_tasks))
        assert len(graph.stages) == n_stages


@mark.parametrize(("n_tasks", "n_stages"), SIZES)
@mark.parametrize("anchor", [single_task, all_shared])
def test_every_tree_is_reached_from_either_anchor(
    anchor: Anchor, n_tasks: int, n_stages: int
) -> None:
    start, rng = anchor(n_tasks, n_stages), np.random.default_rng(0)
    reached, before = distinct([start]), 0
    while len(reached) > before:
        before = len(reached)
        reached = distinct([*reached, *(neighbour(one, rng) for one in reached for _ in range(20))])
    assert len(reached) == count_trees(n_tasks, n_stages)


def test_a_move_leaves_the_tree_that_it_starts_from() -> None:
    rng = np.random.default_rng(0)
    for start in canonical(label_trees(4, 2)):
        before = start.copy()
        for _ in range(20):
            neighbour(start, rng)
        np.testing.assert_array_equal(start, before)


def test_most_moves_change_the_tree() -> None:
    trees = canonical(label_trees(5, 2))
    rng = np.random.default_rng(0)
    moved = [(canonical(neighbour(one, rng)) != one).any() for one in trees]
    assert np.mean(moved) > 0.5


def test_a_move_repeats_with_its_seed() -> None:
    start = single_task(6, 3)
    one, other = (list(walk(start, 20, seed=7)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_canonical_is_idempotent_and_keeps_the_graph() -> None:
    trees = label_trees(4, 3)
    found = canonical(trees)
    np.testing.assert_array_equal(canonical(found), found)
    np.testing.assert_array_equal(members(found), members(trees))
    graphs = [graph_of(tasks(4), tree) for tree in found]
    assert graphs == [graph_of(tasks(4), tree) for tree in trees]


def test_canonical_numbers_tell_trees_apart_and_nothing_else() -> None:
    trees = label_trees(4, 2)
    renamed = canonical(7 * (trees.max() - trees))
    np.testing.assert_array_equal(renamed, canonical(trees))
    assert len({tree.tobytes() for tree in renamed}) == len(trees)


def test_a_canonical_number_is_that_of_the_first_task() -> None:
    numbers = canonical(label_trees(5, 2))
    assert (numbers <= np.arange(5)).all()
    np.testing.assert_array_equal(np.take_along_axis(numbers, numbers, axis=-1), numbers)


def test_distinct_trees_are_kept_once_in_order() -> None:
    trees = label_trees(4, 2)
    doubled = [*trees, *(100 - trees)]
    np.testing.assert_array_equal(distinct(doubled), canonical(trees))


@mark.parametrize(("n_tasks", "n_stages"), [*SIZES, (20, 3)])
def test_nodes_are_counted_as_in_the_graph(n_tasks: int, n_stages: int) -> None:
    trees = canonical(np.stack(list(walk(all_shared(n_tasks, n_stages), 50))))
    graphs = [graph_of(tasks(n_tasks), tree) for tree in trees]
    expected = [[len(nodes) for nodes in graph.stages] for graph in graphs]
    assert count_nodes(trees).tolist() == expected
