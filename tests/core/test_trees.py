from collections import Counter
from itertools import islice
from random import Random

from pytest import mark

from automtl.core.trees import (
    COUNTABLE,
    count_trees,
    enumerate_trees,
    graph_of,
    label_trees,
    random_tree,
)

SMALL = [(1, 1), (1, 3), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2), (4, 3)]


@mark.parametrize(("n_tasks", "n_stages"), SMALL)
def test_every_tree_is_enumerated_once(n_tasks: int, n_stages: int) -> None:
    trees = list(enumerate_trees("abcd"[:n_tasks], n_stages))
    assert all(tree.is_tree for tree in trees)
    assert all(tree.tasks == tuple("abcd"[:n_tasks]) for tree in trees)
    assert all(len(tree.stages) == n_stages for tree in trees)
    assert len(trees) == len(set(trees)) == count_trees(n_tasks, n_stages)


@mark.parametrize(
    ("n_tasks", "n_stages", "count"),
    [(3, 5, 51), (4, 3, 154), (5, 2, 358), (5, 3, 1304), (6, 4, 44590)],
)
def test_known_counts(n_tasks: int, n_stages: int, count: int) -> None:
    assert count_trees(n_tasks, n_stages) == count


@mark.parametrize(("n_tasks", "n_stages"), [*SMALL, (5, 3)])
def test_labels_are_those_of_the_enumerated_trees(n_tasks: int, n_stages: int) -> None:
    tasks, labels = "abcde"[:n_tasks], label_trees(n_tasks, n_stages)
    assert labels.shape == (count_trees(n_tasks, n_stages), n_stages, n_tasks)
    graphs = [graph_of(tasks, tree) for tree in labels]
    assert len(set(graphs)) == len(graphs)
    assert set(graphs) == set(enumerate_trees(tasks, n_stages))


def test_the_graph_of_labels_names_no_number() -> None:
    labels = label_trees(4, 2)
    renamed = 7 * (labels.max() - labels)
    for old, new in zip(labels, renamed, strict=True):
        assert graph_of("abcd", new) == graph_of("abcd", old)


@mark.parametrize(("n_tasks", "bell"), [*enumerate([1, 1, 2, 5, 15, 52, 203, 877])])
def test_trees_of_one_stage_are_partitions(n_tasks: int, bell: int) -> None:
    assert count_trees(n_tasks, 1) == bell


@mark.parametrize("n_stages", [1, 2, 5, 9])
def test_two_tasks_part_at_some_stage_or_never(n_stages: int) -> None:
    assert count_trees(2, n_stages) == n_stages + 1


def test_enumeration_is_lazy() -> None:
    assert len(list(islice(enumerate_trees("abcdefgh", 1), 3))) == 3


@mark.parametrize("tasks", ["abc", "cba"])
def test_random_trees_are_uniform(tasks: str) -> None:
    draws, n_trees = 12_000, count_trees(3, 2)
    rng = Random(0)
    counts = Counter(random_tree(tasks, 2, rng) for _ in range(draws))
    assert counts.keys() == set(enumerate_trees("abc", 2))
    expected = draws / n_trees
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_square < 24.7  # 99 % of uniform draws are below, with 11 degrees of freedom


def test_random_trees_repeat_with_their_seed() -> None:
    assert random_tree("abcde", 3, Random(7)) == random_tree("abcde", 3, Random(7))


@mark.parametrize("n_tasks", [COUNTABLE, COUNTABLE + 1, 1000])
@mark.parametrize("n_stages", [1, 4])
def test_random_trees_of_many_tasks(n_tasks: int, n_stages: int) -> None:
    tasks = [f"task {i:04}" for i in range(n_tasks)]
    for seed in range(5):
        tree = random_tree(tasks, n_stages, Random(seed))
        assert tree.tasks == tuple(tasks)
        assert len(tree.stages) == n_stages
        assert all(sorted(t for n in nodes for t in n.tasks) == tasks for nodes in tree.stages)
        assert tree.is_tree
        assert tree == random_tree(tasks, n_stages, Random(seed))


def test_random_trees_of_many_tasks_have_many_shapes() -> None:
    """From nearly all shared to nearly all apart, and not the same tasks together each time."""
    tasks, rng = [f"task {i:03}" for i in range(2 * COUNTABLE)], Random(0)
    trees = [random_tree(tasks, 2, rng) for _ in range(40)]
    sizes = [len(tree.stages[0]) for tree in trees]
    assert len(set(trees)) == len(trees)
    assert min(sizes) < 5 < 50 < max(sizes)
