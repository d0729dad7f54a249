"""The trees that promise most: all that there are, or what a beam search finds."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from random import Random

import numpy as np

from automtl.core.encoding import Labels
from automtl.core.label_moves import canonical, distinct, neighbour
from automtl.core.task import Floats
from automtl.core.trees import count_trees, label_trees

ENUMERATE = 100_000  # trees that are all looked at in each step
FEW = 9  # tasks; more of them have more trees than that, in however few stages
WORK = 30_000  # tasks of all trees that a beam looks at in each step
BEAM = 8  # trees that are kept in each round of a beam
CHILDREN = 40  # of each of them
ROUNDS = 3


def few_trees(n_tasks: int, n_stages: int) -> bool:
    """Whether all trees can be looked at."""
    return n_tasks <= FEW and count_trees(n_tasks, n_stages) <= ENUMERATE


def best_of_all(
    n_tasks: int, n_stages: int, worth: Callable[[Labels], Floats], most: int
) -> Labels:
    """The ``most`` trees of the highest ``worth``, best first, ``[n, n_stages, n_tasks]``."""
    trees = _all(n_tasks, n_stages)
    return trees[np.argsort(-worth(trees), kind="stable")[:most]]


def beam_search(starts: Iterable[Labels], worth: Callable[[Labels], Floats], rng: Random) -> Labels:
    """What some rounds of random moves from ``starts`` come to, best first."""
    draws = np.random.default_rng(rng.getrandbits(64))
    beam = distinct(list(starts))
    n_children = max(1, min(CHILDREN, WORK // beam.shape[2] // (BEAM * ROUNDS)))
    for _ in range(ROUNDS):
        children = [neighbour(tree, draws) for tree in beam for _ in range(n_children)]
        pool = distinct([*beam, *children])
        beam = pool[np.argsort(-worth(pool), kind="stable")[:BEAM]]
    return beam


@lru_cache(maxsize=1)
def _all(n_tasks: int, n_stages: int) -> Labels:
    return canonical(label_trees(n_tasks, n_stages))
