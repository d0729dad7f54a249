"""The task graph: which tasks share which node, and where they part."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx

from automtl.errors import GraphError

HARD = "hard"  # the primitive of a node whose tasks share all of it, and of a node with one task
INPUT = "input"  # the name of the one input node in `TaskGraph.dag`


@dataclass(frozen=True, order=True)
class Node:
    """
    A point of the network where ``tasks`` share features through ``primitive``.

    Tasks are kept in alphabetical order. A node with one task has nobody to share with, so its
    primitive is always ``hard``: two spellings of one network are one node.

    >>> Node(("sex", "age"), "cross_stitch")
    Node(tasks=('age', 'sex'), primitive='cross_stitch')
    >>> Node(("age",), "cross_stitch")
    Node(tasks=('age',), primitive='hard')
    """

    tasks: tuple[str, ...]
    primitive: str = HARD

    def __post_init__(self) -> None:
        if not self.tasks:
            raise GraphError("A node has at least one task, but got none.")
        if repeated := sorted(task for task, n in Counter(self.tasks).items() if n > 1):
            raise GraphError(f"The tasks of a node must be unique, but {repeated} are repeated.")
        object.__setattr__(self, "tasks", tuple(sorted(self.tasks)))
        if len(self.tasks) == 1:
            object.__setattr__(self, "primitive", HARD)

    def __str__(self) -> str:
        members = "+".join(self.tasks)
        return members if self.primitive == HARD else f"{self.primitive}({members})"


@dataclass(frozen=True)
class TaskGraph:
    """
    A DAG from one input node, through stages, to one head a task, in which *every stage divides
    the tasks among its nodes*; so every task follows exactly one path from the input to its head.

    An edge joins two nodes of neighbouring stages that have a task in common. Branches may part
    and may meet again; where they only part, the graph is a tree. A cascade edge joins two heads:
    the receiver's head also sees what the giver's head predicts.

    :param stages: The nodes of each stage, input side first, in any order.
    :param cascades: Pairs ``(giver, receiver)`` of tasks.
    :raises GraphError: If the nodes do not make such a graph. The message names the culprit.

    >>> together, apart = [Node(("age", "sex"))], [Node(("age",)), Node(("sex",))]
    >>> graph = TaskGraph((together, apart))
    >>> print(graph)
    age+sex → age | sex
    >>> [str(node) for node in graph.path("age")]
    ['age+sex', 'age']
    """

    stages: tuple[tuple[Node, ...], ...]
    cascades: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.stages:
            raise GraphError("A task graph has at least one stage, but got none.")
        object.__setattr__(self, "stages", tuple(tuple(sorted(stage)) for stage in self.stages))
        object.__setattr__(self, "cascades", tuple(sorted(set(map(tuple, self.cascades)))))
        if not self.tasks:
            raise GraphError("A task graph has at least one task, but got none.")
        for number, stage in enumerate(self.stages, start=1):
            self._check_stage(number, stage)
        self._check_cascades()

    @classmethod
    def from_groups(cls, stages: Iterable[Iterable[Iterable[str]]]) -> "TaskGraph":
        """The graph of hard nodes with these groups of tasks at each stage."""
        return cls(tuple(tuple(Node(tuple(group)) for group in stage) for stage in stages))

    @classmethod
    def all_shared(cls, tasks: Iterable[str], n_stages: int) -> "TaskGraph":
        """The anchor in which every stage is one hard node, and only the heads differ."""
        return cls.from_groups([[list(tasks)]] * n_stages)

    @classmethod
    def single_task(cls, tasks: Iterable[str], n_stages: int) -> "TaskGraph":
        """The anchor in which no node is shared: one separate network a task."""
        return cls.from_groups([[[task] for task in tasks]] * n_stages)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, in alphabetical order."""
        return tuple(sorted(task for node in self.stages[0] for task in node.tasks))

    @cached_property
    def primitives(self) -> frozenset[str]:
        """The names of the primitives in use."""
        return frozenset(node.primitive for stage in self.stages for node in stage)

    @cached_property
    def dag(self) -> "nx.DiGraph[str]":
        """
        The networkx view: the node ``"input"``, one node a node of each stage (attributes
        ``stage`` and ``node``), one node ``"head TASK"`` a task (attribute ``task``), and the edges
        between them, cascade edges included.
        """
        dag: nx.DiGraph[str] = nx.DiGraph()
        dag.add_node(INPUT)
        above = dict.fromkeys(self.tasks, INPUT)
        for number, stage in enumerate(self.stages, start=1):
            for node in stage:
                name = f"stage {number}: {node.tasks}"  # unlike `str(node)`, never ambiguous
                dag.add_node(name, stage=number, node=node)
                dag.add_edges_from((above[task], name) for task in node.tasks)
                above |= dict.fromkeys(node.tasks, name)
        for task in self.tasks:
            dag.add_node(f"head {task}", task=task)
            dag.add_edge(above[task], f"head {task}")
        dag.add_edges_from((f"head {a}", f"head {b}") for a, b in self.cascades)
        return dag

    @cached_property
    def heads(self) -> "nx.DiGraph[str]":
        """The networkx view of the cascade edges alone: the tasks, and edges between them."""
        heads: nx.DiGraph[str] = nx.DiGraph()
        heads.add_nodes_from(self.tasks)
        heads.add_edges_from(self.cascades)
        return heads

    @cached_property
    def head_order(self) -> tuple[str, ...]:
        """The tasks, givers before receivers, ties broken by name."""
        return tuple(nx.lexicographical_topological_sort(self.heads))

    @cached_property
    def parts(self) -> tuple["TaskGraph", ...]:
        """
        The independent parts: no node and no cascade edge joins one to another, so each can be
        trained for itself. The all-shared anchor has one part, the single-task anchor one a task.
        """
        inside = self.dag.subgraph(name for name in self.dag if name != INPUT).to_undirected()
        found = [
            sorted(inside.nodes[name]["task"] for name in component if "task" in inside.nodes[name])
            for component in nx.connected_components(inside)
        ]
        return tuple(self.restrict(tasks) for tasks in sorted(found))

    @property
    def is_tree(self) -> bool:
        """Whether branches never meet again: each stage only divides the groups before it."""
        return all(
            any(set(node.tasks) <= set(parent.tasks) for parent in above)
            for above, below in zip(self.stages, self.stages[1:], strict=False)
            for node in below
        )

    def node(self, stage: int, task: str) -> Node:
        """The node that ``task`` passes at ``stage``, counted from 0."""
        return next(node for node in self.stages[stage] if task in node.tasks)

    def path(self, task: str) -> tuple[Node, ...]:
        """The nodes that ``task`` goes through, from the input to its head."""
        if task not in self.tasks:
            raise GraphError(f"'{task}' is not a task of this graph. The tasks are {self.tasks}.")
        return tuple(self.node(stage, task) for stage in range(len(self.stages)))

    def restrict(self, tasks: Iterable[str]) -> "TaskGraph":
        """What is left for ``tasks`` when all others are taken out."""
        kept = set(tasks)
        stages = (
            tuple(
                Node(tuple(kept.intersection(node.tasks)), node.primitive)
                for node in stage
                if kept.intersection(node.tasks)
            )
            for stage in self.stages
        )
        cascades = (edge for edge in self.cascades if kept.issuperset(edge))
        return TaskGraph(tuple(stages), tuple(cascades))

    def rename(self, names: Mapping[str, str]) -> "TaskGraph":
        """The same graph with its tasks renamed."""
        stages = (
            tuple(Node(tuple(names[task] for task in node.tasks), node.primitive) for node in stage)
            for stage in self.stages
        )
        return TaskGraph(tuple(stages), tuple((names[a], names[b]) for a, b in self.cascades))

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name this graph, whatever order it was written in."""
        canonical = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """The graph as JSON data; `from_json` reads it back."""
        stages = [
            [{"tasks": list(node.tasks), "primitive": node.primitive} for node in stage]
            for stage in self.stages
        ]
        return {"stages": stages, "cascades": [list(edge) for edge in self.cascades]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TaskGraph":
        """Reads what `to_json` wrote."""
        stages = (
            tuple(Node(tuple(node["tasks"]), node["primitive"]) for node in stage)
            for stage in data["stages"]
        )
        return cls(tuple(stages), tuple((a, b) for a, b in data["cascades"]))

    def __str__(self) -> str:
        line = " → ".join(" | ".join(map(str, stage)) for stage in self.stages)
        return line + "".join(f"; {giver} ⇒ {taker}" for giver, taker in self.cascades)

    def _check_stage(self, number: int, stage: tuple[Node, ...]) -> None:
        counts = Counter(task for node in stage for task in node.tasks)
        if twice := sorted(task for task, n in counts.items() if n > 1):
            raise GraphError(
                f"A task has one node a stage, but {twice} have more at stage {number}."
            )
        if lost := sorted(set(self.tasks) ^ counts.keys()):
            raise GraphError(
                f"Every stage has the same tasks, but {lost} differ at stage {number}."
            )

    def _check_cascades(self) -> None:
        given = {task for edge in self.cascades for task in edge}
        if unknown := sorted(given - set(self.tasks)):
            raise GraphError(f"Cascade edges join tasks of the graph, but {unknown} are not.")
        if self.cascades and not nx.is_directed_acyclic_graph(self.heads):
            raise GraphError(f"Cascade edges make no cycle, but found {nx.find_cycle(self.heads)}.")
