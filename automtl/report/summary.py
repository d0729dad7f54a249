"""What a search found, as plain data: the source of everything that is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.core.objective import floored, gains, mean_gain
from automtl.core.task import Task, TaskKind
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.deploy.export import ExportReport
from automtl.report.columns import ColumnSummary, column_summaries
from automtl.report.restore import restore
from automtl.search.cost import cost_in_j
from automtl.search.entry import Entry, Estimate
from automtl.search.fidelity import Calibration
from automtl.search.front import costs
from automtl.search.guard import harmed
from automtl.search.rescue import Rescue, rescues
from automtl.search.standing import Standing
from automtl.train.evaluate import constant_errors
from automtl.train.sets import set_names


@dataclass(frozen=True)
class Judged:
    """
    One training of a candidate on the test part.

    :param seed: Its seed.
    :param metrics: All metrics of each task.
    :param errors: Each task's error: its metric's distance from perfection.
    :param sets: The metrics of sets of labels that are tasks of their own, by target.
    """

    seed: int
    metrics: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, float]
    sets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivered:
    """
    What was exported.

    :param members: The trainings whose mean prediction it gives, the winner's best first.
    :param kinds: The kinds of the tasks, with the thresholds that are in the file.
    :param metrics: Its metrics on test, by task.
    :param columns: Those of each column, by task, as `evaluate_columns` gives them.
    :param report: What was checked of the file.
    :param sets: Its metrics of sets of labels that are tasks of their own, by target.
    """

    members: Sequence[Trial]
    kinds: Sequence[TaskKind]
    metrics: Mapping[str, Mapping[str, float]]
    columns: Mapping[str, Sequence[Mapping[str, float]]]
    report: ExportReport
    sets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """
    What a search learned beside its trials.

    :param affinity: What was measured inside the all-shared anchor.
    :param posterior: What the searcher inferred from the gains, in gain; None if it infers none.
    :param calibration: Whether short trainings rank like full ones, if there were any.
    """

    affinity: Affinity | None = None
    posterior: Affinity | None = None
    calibration: Calibration | None = None


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


def summarise(
    standing: Standing,
    trials: Sequence[Trial],
    data: MultiTaskData,
    judged: Mapping[str, Sequence[Judged]],
    delivered: Delivered,
    learned: Learned,
    folder: Path,
) -> Summary:
    """
    Gathers what is known at the end of a search.

    :param judged: The test results of the winner and of the anchors, by digest.
    """
    winner = standing.ranking[0]
    constants = constant_errors(data.tasks, data.kinds, data.test.targets)
    single = next(entry for entry in standing.ranking if entry.anchor == "single-task")
    zero = {j.seed: j.errors for j in judged[single.candidate.digest]}
    mean = {task: fmean(errors[task] for errors in zero.values()) for task in constants}
    test_gains = {
        digest: [gains(j.errors, zero[j.seed], constants, mean) for j in found if j.seed in zero]
        for digest, found in judged.items()
    }
    failed = [trial.result.reason for trial in trials if not trial.done]
    columns = column_summaries(data, delivered.kinds, delivered.columns)
    return Summary(
        folder=folder,
        rows=ranked(standing),
        tasks=tuple(
            replace(
                _task(task, kind, winner, test_gains, judged, single, delivered),
                columns=columns.get(task.name, ()),
            )
            for task, kind in zip(data.tasks, delivered.kinds, strict=True)
        ),
        test_gains={
            digest: Estimate.of([mean_gain(gain) for gain in found])
            for digest, found in test_gains.items()
        },
        graph=winner.candidate.graph.to_json(),
        hyperparameters=winner.candidate.hyperparameters,
        alone=winner.candidate.alone,
        seed=delivered.members[0].seed,
        parameters=sum(trial.result.parameters for trial in delivered.members),
        flops=sum(trial.result.flops for trial in delivered.members),
        trials=len(trials),
        hurried=sum(trial.result.hurried for trial in trials),
        failed={reason: failed.count(reason) for reason in sorted(set(failed))},
        seconds=max(trial.elapsed for trial in trials),
        affinity=learned.affinity,
        posterior=learned.posterior,
        calibration=learned.calibration,
        cost_j=cost_in_j(trials, standing),
        rescues=tuple(rescues(trials, standing.ranking)),
        against=standing.objective.against,
        front=tuple(map(front_point, standing.front)) if standing.objective.against else (),
        members=tuple(map(_member, delivered.members)),
        floored=tuple(floored(single.trials[0].result.errors, standing.constants)),
        notes=data.notes,
        n_rows=(len(data.train.rows), len(data.validation.rows), len(data.test.rows)),
        data_digest=data.digest,
        exported=delivered.report,
        sets=tuple(
            SetSummary(
                name,
                tuple(tasks),
                delivered.sets[name],
                _mean([j.sets[name] for j in judged[winner.candidate.digest]]),
                _mean([j.sets[name] for j in judged[single.candidate.digest]]),
            )
            for name, tasks in set_names(data.tasks).items()
        ),
    )


def front_point(entry: Entry) -> FrontPoint:
    """A candidate as a point of a Pareto front."""
    return FrontPoint(
        entry.candidate.digest,
        entry.anchor,
        entry.mean,
        tuple(harmed(entry)),
        costs(entry),
        entry.candidate.graph.to_json(),
    )


def _member(trial: Trial) -> Member:
    order = trial.order
    graph = str(order.candidate.graph)
    return Member(order.candidate.digest, order.seed, graph, order.key, order.bag)


def _task(
    task: Task,
    kind: TaskKind,
    winner: Entry,
    test_gains: Mapping[str, Sequence[Mapping[str, float]]],
    judged: Mapping[str, Sequence[Judged]],
    single: Entry,
    delivered: Delivered,
) -> TaskSummary:
    of_winner = [j.metrics[task.name] for j in judged[winner.candidate.digest]]
    of_anchor = [j.metrics[task.name] for j in judged[single.candidate.digest]]
    settings = _settings_of(task.name, winner.candidate)
    return TaskSummary(
        name=task.name,
        kind=task.kind,
        metric=task.metric or kind.primary,
        validation_gain=winner.gains[task.name],
        test_gain=Estimate.of([gain[task.name] for gain in test_gains[winner.candidate.digest]]),
        test=delivered.metrics[task.name],
        winner_test=_mean(of_winner),
        anchor_test=_mean(of_anchor),
        winner_spread=_spread(of_winner),
        sources=task.columns,
        classes=kind.classes,
        loss=str(settings.get(f"loss.{task.name}", OWN)),
        head=str(settings.get(f"head.{task.name}", LINEAR)),
        options=_told(kind),
        top_k=None if kind.decision is None else kind.decision.top_k,
    )


def _told(kind: TaskKind) -> dict[str, Any]:
    """What the kind was told, as JSON data, apart from what says nothing."""
    fields = {name: getattr(kind, name, None) for name in sorted(kind.options)}
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    return {n: list(value) if isinstance(value, tuple) else value for n, value in given.items()}


def _settings_of(task: str, candidate: Candidate) -> Mapping[str, Scalar]:
    """The hyperparameters that a task was trained with."""
    parts = (part for part in candidate.parts if task in part.graph.tasks)
    return next(parts).hyperparameters


def _defined(data: Any) -> Any:
    """JSON data with None for numbers that are NaN or infinite, which JSON does not know."""
    if isinstance(data, Mapping):
        return {key: _defined(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_defined(value) for value in data]
    return None if isinstance(data, float) and not isfinite(data) else data


def _mean(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric."""
    return {name: fmean(found[name] for found in metrics) for name in metrics[0]}


def _spread(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The sample standard deviation of each metric that is a number in all; nothing for one."""
    finite = [name for name in metrics[0] if all(isfinite(found[name]) for found in metrics)]
    if len(metrics) < 2:
        return {}
    return {name: stdev(found[name] for found in metrics) for name in finite}


def ranked(standing: Standing) -> tuple[Row, ...]:
    """The leaderboard, best first."""
    return tuple(_row(rank, entry) for rank, entry in enumerate(standing.ranking, start=1))


def _row(rank: int, entry: Entry) -> Row:
    return Row(
        rank=rank,
        digest=entry.candidate.digest,
        anchor=entry.anchor,
        seeds=len(entry.trials),
        mean=entry.mean,
        gains=entry.gains,
        parameters=entry.trials[0].result.parameters,
        graph=str(entry.candidate.graph),
    )
