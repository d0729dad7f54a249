"""Moves from one tree to another, for trees as numbers: many thousands a second."""

from collections.abc import Sequence

import numpy as np

from automtl.core.encoding import Labels
from automtl.core.task import Floats


def canonical(labels: Labels) -> Labels:
    """
    The same trees, each node with the number of its first task.

    :param labels: ``[*, n_stages, n_tasks]``.

    >>> canonical(np.array([[7, 7, 3], [2, 0, 2]])).tolist()
    [[0, 0, 2], [0, 1, 0]]
    """
    return np.asarray((labels[..., :, None] == labels[..., None, :]).argmax(axis=-1))


def count_nodes(labels: Labels) -> Floats:
    """
    How many nodes each stage of some trees has, ``[n, n_stages]``.

    :param labels: As `canonical` has made them.
    """
    return np.asarray((labels == np.arange(labels.shape[-1])).sum(axis=-1), dtype=float)


def neighbour(labels: Labels, rng: np.random.Generator) -> Labels:
    """
    A tree one random move away: a task follows another one for some stages, a node parts, or two
    nodes join. A tree stays a tree; `canonical` makes its numbers small again.

    :param labels: Whoever has the same number at a stage shares it, ``[n_stages, n_tasks]``.
    """
    moves = (_follow, _part, _join)
    return moves[rng.integers(len(moves))](labels, rng)


def distinct(trees: Sequence[Labels]) -> Labels:
    """These trees in canonical form, without repetitions, ``[n, n_stages, n_tasks]``."""
    numbered = canonical(np.stack(trees))
    return np.stack(list({tree.tobytes(): tree for tree in numbered}.values()))


def _follow(labels: Labels, rng: np.random.Generator) -> Labels:
    """A task leaves its path, follows another one for some stages, and goes on alone."""
    n_stages, n_tasks = labels.shape
    if n_tasks < 2:
        return labels
    task, companion = rng.choice(n_tasks, 2, replace=False)
    depth = rng.integers(n_stages + 1)
    found = labels.copy()
    found[:depth, task] = labels[:depth, companion]
    found[depth:, task] = n_tasks
    return found


def _part(labels: Labels, rng: np.random.Generator) -> Labels:
    """Some of a node's tasks leave the others, there and ever after."""
    stage = rng.integers(len(labels))
    members = np.flatnonzero(labels[stage] == rng.choice(labels[stage]))
    if len(members) < 2:
        return labels
    leaving = rng.permutation(members)[: rng.integers(1, len(members))]
    found = labels.copy()
    found[stage:, leaving] += labels.shape[1]
    return found


def _join(labels: Labels, rng: np.random.Generator) -> Labels:
    """Two nodes become one, and so do the nodes before them."""
    n_stages, n_tasks = labels.shape
    stage = rng.integers(n_stages)
    first, second = rng.integers(n_tasks, size=2)
    found = labels.copy()
    for above in range(stage + 1):
        found[above, labels[above] == labels[above, second]] = labels[above, first]
    return found
