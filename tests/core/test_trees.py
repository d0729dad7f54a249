from collections import Counter
from itertools import islice
from random import Random

from pytest import mark

from automtl.core.trees import count_trees, enumerate_trees, random_tree

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


@mark.parametrize("n_tasks", [100, 400])
def test_random_trees_of_many_tasks(n_tasks: int) -> None:
    tasks = [f"task {i:03}" for i in range(n_tasks)]
    tree = random_tree(tasks, 4, Random(0))
    assert tree.tasks == tuple(tasks)
    assert tree.is_tree
