"""Moves: from one task graph to its neighbours. A move keeps a tree a tree unless it says so."""

from collections.abc import Iterable, Sequence
from itertools import permutations
from random import Random

import networkx as nx

from automtl.core.graph import HARD, Node, TaskGraph
from automtl.errors import GraphError


def split(graph: TaskGraph, stage: int, tasks: Iterable[str]) -> TaskGraph:
    """
    Lets ``tasks`` leave the others of their node at ``stage`` (counted from 0) and ever after.

    >>> print(split(TaskGraph.all_shared("abc", 2), 1, "c"))
    a+b+c → a+b | c
    """
    leaving = set(tasks)
    sources = [node for node in graph.stages[stage] if leaving & set(node.tasks)]
    if len(sources) != 1 or not leaving < set(sources[0].tasks):
        raise GraphError(
            f"A split takes some, not all, of the tasks of one node, but {sorted(leaving)} "
            f"are in {[str(node) for node in sources]}."
        )
    below = (tuple(_divide(nodes, leaving)) for nodes in graph.stages[stage:])
    return TaskGraph((*graph.stages[:stage], *below), graph.cascades)


def merge(
    graph: TaskGraph, stage: int, first: Node, second: Node, *, meet: bool = False
) -> TaskGraph:
    """
    Joins two nodes of ``stage`` under the primitive of ``first``. The stages before are joined
    too, under the primitives on the path to ``first``, so that a tree stays a tree; with ``meet``
    they are not: two branches then meet again.

    >>> apart = TaskGraph.single_task("ab", 2)
    >>> print(merge(apart, 0, *apart.stages[0]))
    a+b → a | b
    >>> print(merge(apart, 1, *apart.stages[1], meet=True))
    a | b → a+b
    """
    if first == second or not {first, second} <= set(graph.stages[stage]):
        raise GraphError(f"A merge joins two nodes of one stage, but got '{first}' and '{second}'.")
    stages = list(graph.stages)
    for number in range(stage if meet else 0, stage + 1):
        joined = {*first.tasks, *second.tasks}
        hit = [node for node in stages[number] if joined & set(node.tasks)]
        if len(hit) > 1:
            everyone = tuple(task for node in hit for task in node.tasks)
            primitive = graph.node(number, first.tasks[0]).primitive
            kept = [node for node in stages[number] if node not in hit]
            stages[number] = (*kept, Node(everyone, primitive))
    return TaskGraph(tuple(stages), graph.cascades)


def swap(graph: TaskGraph, stage: int, node: Node, primitive: str) -> TaskGraph:
    """Gives ``node`` of ``stage`` another primitive."""
    if node not in graph.stages[stage]:
        raise GraphError(f"'{node}' is not a node of stage {stage + 1}.")
    stages = list(graph.stages)
    stages[stage] = tuple(
        Node(other.tasks, primitive) if other == node else other for other in stages[stage]
    )
    return TaskGraph(tuple(stages), graph.cascades)


def move(graph: TaskGraph, task: str, companion: str, depth: int) -> TaskGraph:
    """
    Lets ``task`` leave its path, follow ``companion`` for the first ``depth`` stages, and go on
    alone from there.

    >>> print(move(TaskGraph.single_task("abc", 2), "c", "a", 1))
    a+c | b → a | b | c
    """
    if task == companion or not {task, companion} <= set(graph.tasks):
        raise GraphError(
            f"A task of the graph follows another one, but '{task}' is to follow '{companion}' "
            f"among {graph.tasks}."
        )
    stages = []
    for number, nodes in enumerate(graph.stages):
        others = [_without(node, task) for node in nodes if node.tasks != (task,)]
        leader = next(node for node in others if companion in node.tasks)
        if number < depth:
            primitive = graph.node(number, companion).primitive  # a leader left alone is hard
            others[others.index(leader)] = Node((*leader.tasks, task), primitive)
        else:
            others.append(Node((task,)))
        stages.append(tuple(others))
    return TaskGraph(tuple(stages), graph.cascades)


def cascade(graph: TaskGraph, giver: str, receiver: str) -> TaskGraph:
    """Draws the cascade edge from ``giver`` to ``receiver``, or erases it where it is there."""
    return TaskGraph(graph.stages, tuple(set(graph.cascades) ^ {(giver, receiver)}))


def random_move(
    graph: TaskGraph, primitives: Sequence[str], rng: Random, *, cascades: bool = False
) -> TaskGraph:
    """One move of a kind that applies here, each kind equally likely; itself if none does."""
    kinds = [_random_split, _random_merge, _random_move]
    if set(primitives) - {HARD}:
        kinds.append(_random_swap)
    if cascades:
        kinds.append(_random_cascade)
    neighbours = (kind(graph, primitives, rng) for kind in rng.sample(kinds, len(kinds)))
    return next((other for other in neighbours if other != graph), graph)


def _random_split(graph: TaskGraph, primitives: Sequence[str], rng: Random) -> TaskGraph:
    if not (shared := _shared(graph)):
        return graph
    stage, node = rng.choice(shared)
    return split(graph, stage, rng.sample(node.tasks, rng.randrange(1, len(node.tasks))))


def _random_merge(graph: TaskGraph, primitives: Sequence[str], rng: Random) -> TaskGraph:
    stages = [s for s, nodes in enumerate(graph.stages) if len(nodes) > 1]
    if not stages:
        return graph
    stage = rng.choice(stages)
    return merge(graph, stage, *rng.sample(graph.stages[stage], 2))


def _random_move(graph: TaskGraph, primitives: Sequence[str], rng: Random) -> TaskGraph:
    if len(graph.tasks) < 2:
        return graph
    task, companion = rng.sample(graph.tasks, 2)
    return move(graph, task, companion, rng.randrange(len(graph.stages) + 1))


def _random_swap(graph: TaskGraph, primitives: Sequence[str], rng: Random) -> TaskGraph:
    if not (shared := _shared(graph)):
        return graph
    stage, node = rng.choice(shared)
    others = sorted(set(primitives) - {node.primitive})
    return swap(graph, stage, node, rng.choice(others)) if others else graph


def _random_cascade(graph: TaskGraph, primitives: Sequence[str], rng: Random) -> TaskGraph:
    behind = {task: nx.descendants(graph.heads, task) for task in graph.tasks}
    legal = [(a, b) for a, b in permutations(graph.tasks, 2) if a not in behind[b]]
    return cascade(graph, *rng.choice(legal)) if legal else graph


def _shared(graph: TaskGraph) -> list[tuple[int, Node]]:
    """The nodes of two tasks and more, each behind the number of its stage."""
    stages = enumerate(graph.stages)
    return [(stage, node) for stage, nodes in stages for node in nodes if len(node.tasks) > 1]


def _divide(nodes: Iterable[Node], leaving: set[str]) -> Iterable[Node]:
    for node in nodes:
        inside, outside = leaving & set(node.tasks), set(node.tasks) - leaving
        yield from (Node(tuple(side), node.primitive) for side in (inside, outside) if side)


def _without(node: Node, task: str) -> Node:
    return Node(tuple(other for other in node.tasks if other != task), node.primitive)
