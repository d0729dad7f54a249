"""What a search found, as plain data: the source of everything that is shown of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.deploy.export import ExportReport
from automtl.report.columns import ColumnSummary
from automtl.report.restore import restore
from automtl.search.entry import Estimate
from automtl.search.fidelity import Calibration
from automtl.search.rescue import Rescue


@dataclass(frozen=True)
class Member:
    """
    A network in the exported file.

    :param key: Names its training, as `Order.key` does.
    :param bag: Which of how many folds of the rows for training and validation it was validated on,
        counted from 0; None for the division that the search was about.
    """

    digest: str
    seed: int
    graph: str
    key: str = ""
    bag: tuple[int, int] | None = None


@dataclass(frozen=True)
class FrontPoint:
    """
    A candidate of the Pareto front.

    :param gain: Its mean gain, on validation.
    :param harms: The tasks that it credibly harms, on validation.
    :param costs: By their names in `COSTS`.
    """

    digest: str
    anchor: str
    gain: Estimate
    harms: tuple[str, ...]
    costs: Mapping[str, float]
    graph: Mapping[str, Any]


@dataclass(frozen=True)
class TaskSummary:
    """
    How one task fares in the exported model.

    :param metric: The metric that defines its gain.
    :param validation_gain: Of the winning candidate over the single-task anchor, on validation,
        over seeds.
    :param test_gain: The same on test.
    :param test: The test metrics of the exported model: one seed of the winning candidate, or an
        ensemble.
    :param winner_test: The test metrics of the winning candidate, mean over seeds.
    :param anchor_test: The test metrics of the single-task anchor, mean over seeds.
    :param winner_spread: The sample standard deviations over seeds that belong to ``winner_test``;
        empty for one seed.
    :param sources: The columns that its labels are in.
    :param classes: Its classes or levels, if it has any.
    :param columns: Its columns, if it has several.
    :param loss: What it was trained with in the winning candidate; `OWN` for its kind's own.
    :param head: The head it has there.
    :param options: What its kind was told, such as the rule that its thresholds follow.
    :param top_k: How many of the most probable labels are predicted in any case, if any are.
    """

    name: str
    kind: str
    metric: str
    validation_gain: Estimate
    test_gain: Estimate
    test: Mapping[str, float]
    winner_test: Mapping[str, float]
    anchor_test: Mapping[str, float]
    winner_spread: Mapping[str, float] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    columns: tuple[ColumnSummary, ...] = ()
    loss: str = OWN
    head: str = LINEAR
    options: Mapping[str, Any] = field(default_factory=dict)
    top_k: int | None = None


@dataclass(frozen=True)
class SetSummary:
    """
    A target whose labels are tasks of their own, as the set that they are.

    :param tasks: These tasks.
    :param test: Metrics of all its labels together on test; all three as in `TaskSummary`.
    """

    name: str
    tasks: tuple[str, ...]
    test: Mapping[str, float]
    winner_test: Mapping[str, float]
    anchor_test: Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """A row of the leaderboard: a candidate, on validation."""

    rank: int
    digest: str
    anchor: str
    seeds: int
    mean: Estimate
    gains: Mapping[str, Estimate]
    parameters: int
    graph: str


@dataclass(frozen=True)
class Summary:
    """
    What a search found.

    :param folder: The run folder.
    :param rows: The leaderboard, best first.
    :param tasks: The exported model, task by task.
    :param test_gains: The mean gain on test of the winner and of each anchor, by digest.
    :param seed: Of the winning candidate's network in the file, or of the first of them.
    :param parameters: Of the exported model, as are ``flops``.
    :param floored: Tasks whose gain is limited since their anchor is nearly perfect.
    :param alone: The settings of tasks that share nothing, as in `Candidate`.
    :param posterior: The affinity that the searcher inferred from the gains, in gain.
    :param cost_j: What the search cost, in all-shared trainings; None if that is not known.
    :param rescues: What the guard did.
    :param calibration: Whether short trainings rank like full ones; None if there were none.
    :param against: The costs that gain was traded against.
    :param front: The Pareto front, highest gain first; empty if gain alone counted.
    :param members: The networks in the exported file.
    :param lacking_bags: On how many more divisions of the rows the winner was to be trained than
        are in the file.
    :param hurried: How many trainings went through their epochs faster, as time was short.
    :param stands_on: The plugins and methods that the exported model is made by, with citations.
    :param sets: The targets whose labels are tasks of their own.
    """

    folder: Path
    rows: tuple[Row, ...]
    tasks: tuple[TaskSummary, ...]
    test_gains: Mapping[str, Estimate]
    graph: Mapping[str, Any]
    hyperparameters: Mapping[str, Any]
    seed: int
    parameters: int
    flops: int
    trials: int
    failed: Mapping[str, int]
    seconds: float
    affinity: Affinity | None
    floored: tuple[str, ...]
    notes: tuple[str, ...]
    n_rows: tuple[int, int, int]
    data_digest: str
    exported: ExportReport
    alone: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    posterior: Affinity | None = None
    cost_j: float | None = None
    rescues: tuple[Rescue, ...] = ()
    calibration: Calibration | None = None
    against: tuple[str, ...] = ()
    front: tuple[FrontPoint, ...] = ()
    members: tuple[Member, ...] = ()
    lacking_bags: int = 0
    hurried: int = 0
    stands_on: tuple[tuple[str, str], ...] = ()
    sets: tuple[SetSummary, ...] = ()

    @property
    def shown(self) -> str:
        """The key of the training whose curves are shown: that of the first network in the file."""
        keys = [member.key for member in self.members[:1] if member.key]
        return keys[0] if keys else f"{self.winner.digest}-{self.seed}"

    @property
    def settings(self) -> list[tuple[tuple[str, ...], dict[str, Scalar]]]:
        """The winner's hyperparameters, and the tasks that were trained with them."""
        graph = TaskGraph.from_json(self.graph)
        found: list[tuple[tuple[str, ...], dict[str, Scalar]]] = []
        for part in Candidate(graph, self.hyperparameters, self.alone).parts:
            values = dict(part.hyperparameters)
            same = next((at for at, (_, known) in enumerate(found) if known == values), None)
            if same is None:
                found.append((part.graph.tasks, values))
            else:
                found[same] = (tuple(sorted((*found[same][0], *part.graph.tasks))), values)
        return found

    @property
    def winner(self) -> Row:
        """The exported candidate."""
        return self.rows[0]

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON data, with None for what is not defined."""
        data = asdict(self)
        del data["affinity"], data["posterior"]  # they have files of their own
        found: dict[str, Any] = _defined({**data, "folder": str(self.folder)})
        return found

    @classmethod
    def from_json(
        cls,
        data: Mapping[str, Any],
        affinity: Affinity | None = None,
        posterior: Affinity | None = None,
    ) -> "Summary":
        """
        Reads what `to_json` wrote.

        :param affinity: From a file of its own, as is ``posterior``.
        :raises KeyError, TypeError, ValueError: If another version of automtl wrote it.
        """
        found: Summary = restore(cls, {**data, "affinity": None, "posterior": None})
        return replace(found, affinity=affinity, posterior=posterior)


def _defined(data: Any) -> Any:
    """JSON data with None for numbers that are NaN or infinite, which JSON does not know."""
    if isinstance(data, Mapping):
        return {key: _defined(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_defined(value) for value in data]
    return None if isinstance(data, float) and not isfinite(data) else data
