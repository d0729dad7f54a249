"""A candidate: a task graph with hyperparameters, as plain data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from automtl.core.graph import TaskGraph

Scalar: TypeAlias = str | int | float | bool


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
        """The hyperparameters of an independent part, without options of primitives not in it."""
        own = self.alone.get(part.tasks[0]) if len(part.tasks) == 1 else None
        return {
            name: value
            for name, value in sorted((self.hyperparameters if own is None else own).items())
            if not name.startswith("primitive.") or name.split(".")[1] in part.primitives
        }
