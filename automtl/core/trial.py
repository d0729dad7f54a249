"""A trial: a candidate and what training it gave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeAlias

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph

Bag: TypeAlias = tuple[int, int]  # which of how many folds of the rows is for validation, from 0
Draw: TypeAlias = tuple[int, Bag | None]  # a seed, and the division of the rows


class Phase(StrEnum):
    """What a trial is for."""

    ANCHORS = "anchors"
    GRAPHS = "graphs"
    FINALISTS = "finalists"
    GUARD = "guard"  # a finalist without the tasks that sharing harmed, trained again
    BAGS = "bags"  # what is exported, on the divisions of the rows that it was not yet trained on


class Status(StrEnum):
    """How a trial ended."""

    DONE = "done"
    FAILED = "failed"  # `Trial.reason` says why
    CUT = "cut"  # the budget ended first; not ranked


@dataclass(frozen=True)
class Order:
    """
    A trial to be run: one candidate with one seed.

    :param fidelity: Below 1, training starts from the all-shared anchor's checkpoint and takes this
        share of the anchor's epochs.
    :param warm: The key of the all-shared anchor's order, whose checkpoint that is.
    :param bag: Which fold of the rows for training and validation is for validation; None for the
        division that the search is about.
    """

    candidate: Candidate
    seed: int
    phase: Phase
    fidelity: float = 1.0
    warm: str = ""
    bag: Bag | None = None

    @property
    def draw(self) -> Draw:
        """What is random in it; the errors of two trainings are compared where it is the same."""
        return self.seed, self.bag

    @property
    def key(self) -> str:
        """
        Names the trial, and the files of a part: the same candidate and seed give the same numbers,
        if training starts from the same checkpoint.
        """
        full = f"{self.candidate.digest}-{self.seed}"
        if self.bag is not None:
            full += f"-bag{self.bag[0]}of{self.bag[1]}"
        if self.fidelity == 1:
            return full
        return "-".join(filter(None, (full, f"{self.fidelity:g}", self.warm)))

    @cached_property
    def parts(self) -> tuple["Order", ...]:
        """The orders of the candidate's independent parts; their keys name what is kept of them."""
        return tuple(replace(self, candidate=part) for part in self.candidate.parts)

    @property
    def is_shared_anchor(self) -> bool:
        """Whether all share all in it; then affinity is measured, and its checkpoint is kept."""
        graph = self.candidate.graph
        shared = TaskGraph.all_shared(graph.tasks, len(graph.stages))
        return self.phase is Phase.ANCHORS and len(graph.tasks) > 1 and graph == shared

    def to_json(self) -> dict[str, Any]:
        """The order as JSON data; `from_json` reads it back."""
        return {
            "candidate": self.candidate.to_json(),
            "seed": self.seed,
            "phase": self.phase.value,
            "fidelity": self.fidelity,
            "warm": self.warm,
            "bag": None if self.bag is None else list(self.bag),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Order":
        """Reads what `to_json` wrote."""
        candidate = Candidate.from_json(data["candidate"])
        phase = Phase(data["phase"])
        bag = tuple(data["bag"]) if data.get("bag") else None
        return cls(candidate, data["seed"], phase, data["fidelity"], data["warm"], bag)


@dataclass(frozen=True)
class Result:
    """
    What training gave.

    :param status: How it ended.
    :param reason: Why it failed, in one line; empty otherwise.
    :param errors: Each task's validation error: its metric's distance from perfection, lower is
        better.
    :param metrics: Each task's validation metrics, by name.
    :param resampled: Each task's error on resamples of the validation rows, the same resamples in
        all trials; empty if they were not asked for.
    :param parameters: Trainable parameters of the network.
    :param flops: Floating-point operations to predict one row.
    :param epochs: Epochs trained in this trial, summed over the graph's independent parts; parts
        that an earlier trial had trained count 0.
    :param latency_ms: Milliseconds to predict one row with one thread, the median of several.
    :param seconds: Seconds really spent in training and evaluation.
    :param hurried: Whether some part went through its epochs faster, as time was short.
    """

    status: Status
    reason: str = ""
    errors: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    resampled: Mapping[str, Sequence[float]] = field(default_factory=dict)
    parameters: int = 0
    flops: int = 0
    epochs: int = 0
    latency_ms: float = 0.0
    seconds: float = 0.0
    hurried: bool = False

    def to_json(self) -> dict[str, Any]:
        """The result as JSON data; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Result":
        """Reads what `to_json` wrote."""
        return cls(**{**data, "status": Status(data["status"])})


@dataclass(frozen=True)
class Trial:
    """
    An order and its result.

    :param elapsed: Seconds of search, over all its sessions, when the trial ended.
    """

    order: Order
    result: Result
    elapsed: float = 0.0

    @property
    def candidate(self) -> Candidate:
        return self.order.candidate

    @property
    def seed(self) -> int:
        return self.order.seed

    @property
    def phase(self) -> Phase:
        return self.order.phase

    @property
    def done(self) -> bool:
        """Whether the trial succeeded, and so counts in a ranking."""
        return self.result.status is Status.DONE

    def to_json(self) -> dict[str, Any]:
        """The trial as JSON data, as one line of ``trials.jsonl``; `from_json` reads it back."""
        return {
            "digest": self.candidate.digest,
            **self.order.to_json(),
            "result": self.result.to_json(),
            "elapsed": self.elapsed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Trial":
        """Reads what `to_json` wrote."""
        return cls(Order.from_json(data), Result.from_json(data["result"]), data["elapsed"])
