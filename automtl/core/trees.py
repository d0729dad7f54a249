"""Every tree-shaped task graph: counted, enumerated, drawn uniformly at random."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, combinations, product
from math import comb, exp, log
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.graph import TaskGraph

COUNTABLE = 100  # tasks, beyond which a random tree is not drawn uniformly

Groups: TypeAlias = tuple[tuple[str, ...], ...]  # the groups of one stage


@cache
def count_trees(n_tasks: int, n_stages: int) -> int:
    r"""
    The number of trees of ``n_tasks`` tasks over ``n_stages`` stages.

    The group of the first task at stage 1 has :math:`k` tasks, itself divided by the stages below;
    the other tasks make a tree of their own:

    .. math::
        t(n, s) = \sum_{k=1}^n \binom{n-1}{k-1} \, t(k, s-1) \, t(n-k, s).

    >>> count_trees(5, 1), count_trees(4, 3)  # the fifth Bell number; the trees of a small search
    (52, 154)
    """
    if n_tasks == 0 or n_stages == 0:
        return 1
    sizes = range(n_tasks, 0, -1)  # in this order no recursion is deeper than there are stages
    return sum(_with_first_group(k, n_tasks, n_stages) for k in sizes)


def enumerate_trees(tasks: Sequence[str], n_stages: int) -> Iterator[TaskGraph]:
    """All trees of hard nodes, each once; there are `count_trees` of them."""
    return map(TaskGraph.from_groups, _enumerate(tuple(tasks), n_stages))


def label_trees(n_tasks: int, n_stages: int) -> NDArray[np.int64]:
    """
    The trees of `enumerate_trees` as numbers, ``[n_trees, n_stages, n_tasks]``: tasks with the same
    number at a stage share it. A hundred thousand take a second.

    >>> label_trees(2, 2).tolist()
    [[[0, 0], [0, 0]], [[0, 0], [0, 1]], [[0, 1], [0, 1]]]
    """
    partitions = np.array(list(_partitions(n_tasks)), dtype=np.int64)
    chains = np.arange(len(partitions))[:, None]
    if n_stages > 1:
        same = partitions[:, :, None] == partitions[:, None, :]
        flat = same.reshape(len(partitions), -1)
        # A partition refines another if whoever shares in it shares in the other too.
        refines = [np.flatnonzero(~(flat & ~coarse).any(axis=1)) for coarse in flat]
        for _ in range(n_stages - 1):
            below = [refines[last] for last in chains[:, -1]]
            grown = np.repeat(chains, [len(found) for found in below], axis=0)
            chains = np.column_stack([grown, np.concatenate(below)])
    return np.asarray(partitions[chains])


def graph_of(tasks: Sequence[str], labels: NDArray[np.int64]) -> TaskGraph:
    """The tree of hard nodes in which tasks with the same number at a stage share it."""
    stages = []
    for row in labels.tolist():
        groups: dict[int, list[str]] = {}
        for task, number in zip(tasks, row, strict=True):
            groups.setdefault(number, []).append(task)
        stages.append(groups.values())
    return TaskGraph.from_groups(stages)


def random_tree(tasks: Sequence[str], n_stages: int, rng: Random) -> TaskGraph:
    """
    A tree of hard nodes; every tree is equally likely.

    With more than 100 tasks the numbers of trees would take too long to count. Then each group
    parts into up to as many groups as there are tasks in it, by logarithm.
    """
    shuffled = tuple(rng.sample(tuple(tasks), len(tasks)))
    if len(tasks) <= COUNTABLE:
        return TaskGraph.from_groups(_draw(shuffled, n_stages, rng))
    stages: list[list[list[str]]] = []
    groups = [list(shuffled)]
    for _ in range(n_stages):
        groups = [part for group in groups for part in _parted(group, rng)]
        stages.append(groups)
    return TaskGraph.from_groups(stages)


def _partitions(n_tasks: int) -> Iterator[tuple[int, ...]]:
    """All partitions, as the number of each task's group; groups are numbered as they come."""
    if n_tasks == 0:
        yield ()
        return
    for rest in _partitions(n_tasks - 1):
        yield from ((*rest, group) for group in range(max(rest, default=-1) + 2))


def _parted(group: list[str], rng: Random) -> list[list[str]]:
    n_parts = int(exp(rng.uniform(0.0, log(len(group)))))
    parts: dict[int, list[str]] = {}
    for task in group:
        parts.setdefault(rng.randrange(n_parts), []).append(task)
    return list(parts.values())


def _with_first_group(k: int, n_tasks: int, n_stages: int) -> int:
    """The number of trees in which the first task's group at stage 1 has ``k`` tasks."""
    inside, others = count_trees(k, n_stages - 1), count_trees(n_tasks - k, n_stages)
    return comb(n_tasks - 1, k - 1) * inside * others


def _enumerate(tasks: tuple[str, ...], n_stages: int) -> Iterator[tuple[Groups, ...]]:
    if n_stages == 0 or not tasks:
        yield ((),) * n_stages
        return
    first, *others = tasks
    for size in range(len(tasks)):
        for companions in combinations(others, size):
            group = (first, *companions)
            rest = tuple(task for task in others if task not in companions)
            below = _enumerate(group, n_stages - 1)
            for inside, beside in product(below, _enumerate(rest, n_stages)):
                yield _beside(group, inside, beside)


def _draw(tasks: tuple[str, ...], n_stages: int, rng: Random) -> tuple[Groups, ...]:
    """A tree of ``tasks``, whose order is random: each group is simply the next few of them."""
    tree: tuple[Groups, ...] = ((),) * n_stages
    while tasks and n_stages:
        size = _draw_size(len(tasks), n_stages, rng)
        group, tasks = tasks[:size], tasks[size:]
        tree = _beside(group, _draw(group, n_stages - 1, rng), tree)
    return tree


def _draw_size(n_tasks: int, n_stages: int, rng: Random) -> int:
    """How many tasks the first task's group at stage 1 has."""
    counts = (_with_first_group(k, n_tasks, n_stages) for k in range(1, n_tasks + 1))
    target = rng.randrange(count_trees(n_tasks, n_stages))  # too large for `rng.choices`
    return next(k for k, up_to in enumerate(accumulate(counts), start=1) if target < up_to)


def _beside(
    group: tuple[str, ...], inside: tuple[Groups, ...], beside: tuple[Groups, ...]
) -> tuple[Groups, ...]:
    """The tree of ``group``, divided as ``inside`` says, next to the tree ``beside``."""
    own = ((group,), *inside)
    return tuple(mine + theirs for mine, theirs in zip(own, beside, strict=True))
