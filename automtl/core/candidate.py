"""A candidate: a task graph with hyperparameters, as plain data."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    """

    graph: TaskGraph
    hyperparameters: Mapping[str, Scalar]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name this candidate everywhere."""
        canonical = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

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
        return {"graph": self.graph.to_json(), "hyperparameters": dict(self.hyperparameters)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Candidate":
        """Reads what `to_json` wrote."""
        return cls(TaskGraph.from_json(data["graph"]), dict(data["hyperparameters"]))
