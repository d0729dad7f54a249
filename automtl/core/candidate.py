"""A candidate: a task graph with hyperparameters, as plain data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from automtl.core.graph import TaskGraph

Scalar: TypeAlias = str | int | float | bool
OF_TASKS = ("head.", "loss.")  # hyperparameters that each task has for itself


@dataclass(frozen=True, eq=False)
class Candidate:
    """
    What a trial trains. Two candidates are equal if their digests are.

    :param graph: Which tasks share what.
    :param hyperparameters: Flat, by name; see `SearchSpace` for the names.
    :param alone: Hyperparameters of their own for tasks that share nothing with anyone, by task.
    """

    graph: TaskGraph
    hyperparameters: Mapping[str, Scalar]
    alone: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name this candidate everywhere."""
        canonical = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @cached_property
    def parts(self) -> tuple["Candidate", ...]:
        """
        The independent parts, each as a candidate of its own: what it gives with a seed does not
        depend on the others, so that it is trained once, in whatever candidate it stands.

        >>> graph = TaskGraph.from_groups([[["age", "job"], ["sex"]]])
        >>> whole = Candidate(graph, {"block.width": 64}, {"sex": {"block.width": 32}})
        >>> [(str(part.graph), dict(part.hyperparameters)) for part in whole.parts]
        [('age+job', {'block.width': 64}), ('sex', {'block.width': 32})]
        """
        return tuple(Candidate(graph, self._settings(graph)) for graph in self.graph.parts)

    def options(self, prefix: str) -> dict[str, Scalar]:
        """
        The hyperparameters under ``prefix``, without it.

        >>> graph = TaskGraph.all_shared(["age"], 1)
        >>> Candidate(graph, {"block": "mlp", "block.width": 64}).options("block")
        {'width': 64}
        """
        start = f"{prefix}."
        return {
            name.removeprefix(start): value
            for name, value in self.hyperparameters.items()
            if name.startswith(start)
        }

    def task_options(self, what: str, task: str) -> dict[str, Scalar]:
        """
        The hyperparameters ``what.task.option`` of one task, by option.

        >>> graph = TaskGraph.all_shared(["age", "job"], 1)
        >>> Candidate(graph, {"head.job": "chain", "head.job.seed": 3}).task_options("head", "job")
        {'seed': 3}
        """
        return {
            name: value
            for name, value in self.options(f"{what}.{task}").items()
            if _task(f"{what}.{task}.{name}", self.graph.tasks) == task
        }

    def to_json(self) -> dict[str, Any]:
        """The candidate as JSON data; `from_json` reads it back."""
        data = {"graph": self.graph.to_json(), "hyperparameters": dict(self.hyperparameters)}
        alone = {task: dict(values) for task, values in sorted(self.alone.items())}
        return data | ({"alone": alone} if alone else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Candidate":
        """Reads what `to_json` wrote."""
        graph = TaskGraph.from_json(data["graph"])
        return cls(graph, dict(data["hyperparameters"]), data.get("alone", {}))

    def _settings(self, part: TaskGraph) -> dict[str, Scalar]:
        """The hyperparameters of an independent part, without those of what is not in it."""
        own = self.alone.get(part.tasks[0]) if len(part.tasks) == 1 else None
        return {
            name: value
            for name, value in sorted((self.hyperparameters if own is None else own).items())
            if self._concerns(name, part)
        }

    def _concerns(self, name: str, part: TaskGraph) -> bool:
        """Whether a part has the primitive, or the task, that a hyperparameter is an option of."""
        if name.startswith("primitive."):
            return name.split(".")[1] in part.primitives
        return not name.startswith(OF_TASKS) or _task(name, self.graph.tasks) in part.tasks


def _task(name: str, tasks: Sequence[str]) -> str:
    """The task of ``head.TASK`` or ``head.TASK.OPTION``; its name may have dots in it."""
    rest = name.partition(".")[2]
    return rest if rest in tasks else rest.rpartition(".")[0]
