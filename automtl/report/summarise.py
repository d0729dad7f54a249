"""From the end of a search to its summary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate, Scalar
from automtl.core.head import LINEAR
from automtl.core.loss import OWN
from automtl.core.objective import floored, gains, mean_gain
from automtl.core.task import Task, TaskKind
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.deploy.export import ExportReport
from automtl.report.columns import column_summaries
from automtl.report.summary import FrontPoint, Member, Row, SetSummary, Summary, TaskSummary
from automtl.search.cost import cost_in_j
from automtl.search.entry import Entry, Estimate
from automtl.search.fidelity import Calibration
from automtl.search.front import costs
from automtl.search.guard import harmed
from automtl.search.rescue import rescues
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
        sets=tuple(_sets(data.tasks, judged, winner, single, delivered)),
    )


def _sets(
    tasks: Sequence[Task],
    judged: Mapping[str, Sequence[Judged]],
    winner: Entry,
    single: Entry,
    delivered: Delivered,
) -> Iterator[SetSummary]:
    for name, own in set_names(tasks).items():
        of_winner, of_anchor = (
            _mean([j.sets[name] for j in judged[entry.candidate.digest]])
            for entry in (winner, single)
        )
        yield SetSummary(name, tuple(own), delivered.sets[name], of_winner, of_anchor)


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
