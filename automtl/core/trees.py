"""Every tree-shaped task graph: counted, enumerated, drawn uniformly at random."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, combinations, product
from math import comb
from random import Random
from typing import TypeAlias

from automtl.core.graph import TaskGraph

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


def random_tree(tasks: Sequence[str], n_stages: int, rng: Random) -> TaskGraph:
    """A tree of hard nodes; every tree is equally likely."""
    shuffled = tuple(rng.sample(tuple(tasks), len(tasks)))
    return TaskGraph.from_groups(_draw(shuffled, n_stages, rng))


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
