from collections.abc import Sequence
from itertools import permutations
from statistics import fmean

import numpy as np
from pytest import approx, mark

from automtl.core.graph import TaskGraph
from automtl.core.trees import enumerate_trees
from automtl_plugins.searchers._groupings import (
    EXHAUSTIVE,
    Grouping,
    branching,
    ranked_groupings,
)

Rows = tuple[tuple[float, ...], ...]


def drawn(n_tasks: int, seed: int) -> Rows:
    values = np.random.default_rng(seed).normal(size=(n_tasks, n_tasks))
    return tuple(map(tuple, (values * (1 - np.eye(n_tasks))).tolist()))


def score(groups: Grouping, tasks: Sequence[str], helps: Rows) -> float:
    """The definition, word by word."""
    total, place = 0.0, {task: row for row, task in enumerate(tasks)}
    for group in groups:
        for task in group:
            others = [helps[place[task]][place[other]] for other in group if other != task]
            total += fmean(others) if others else 0.0
    return total


def canonical(groups: Grouping) -> frozenset[frozenset[str]]:
    return frozenset(map(frozenset, groups))


@mark.parametrize("seed", range(3))
@mark.parametrize("n_tasks", [1, 2, 5])
def test_ranks_every_grouping_by_the_definition(n_tasks: int, seed: int) -> None:
    tasks, helps = "abcdef"[:n_tasks], drawn(n_tasks, seed)
    ranked = list(ranked_groupings(tasks, helps))
    every = {
        frozenset(frozenset(node.tasks) for node in tree.stages[0])
        for tree in enumerate_trees(tasks, 1)
    }
    assert len(ranked) == len(every)
    assert set(map(canonical, ranked)) == every
    scores = [score(groups, tasks, helps) for groups in ranked]
    assert scores == approx(sorted(scores, reverse=True))


def test_the_order_of_the_tasks_does_not_matter() -> None:
    helps = drawn(4, 0)
    first = [canonical(groups) for groups in ranked_groupings("abcd", helps)]
    for order in permutations(range(4)):
        shuffled = tuple(tuple(helps[i][j] for j in order) for i in order)
        names = ["abcd"[i] for i in order]
        assert [canonical(groups) for groups in ranked_groupings(names, shuffled)] == first


def test_a_beam_finds_clear_blocks_among_many_tasks() -> None:
    n_tasks = 3 * (EXHAUSTIVE + 2)
    block = np.arange(n_tasks) % 3
    tasks = [f"{number} of block {at}" for number, at in enumerate(block)]
    values = np.where(block[:, None] == block, 0.3, -0.3) * (1 - np.eye(n_tasks))
    helps = tuple(map(tuple, values.tolist()))
    best = next(ranked_groupings(tasks, helps))
    assert all(len({task.split(" of ")[1] for task in group}) == 1 for group in best)
    assert score(best, tasks, helps) == approx(0.3 * n_tasks)  # nobody alone, nobody hurt


def test_branching_begins_apart_and_ends_all_shared() -> None:
    groups = (("a", "b"), ("c",))
    assert branching(groups, 3, 0) == TaskGraph.from_groups([groups] * 3)
    assert branching(groups, 3, 3) == TaskGraph.all_shared("abc", 3)
