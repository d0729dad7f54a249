"""What a search found, as plain data: the source of everything that is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from automtl.core.affinity import Affinity
from automtl.core.objective import floored, gains, mean_gain
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.deploy.export import ExportReport
from automtl.search.standing import Entry, Estimate, Standing
from automtl.train.evaluate import constant_errors


@dataclass(frozen=True)
class Judged:
    """
    One training of a candidate on the test part.

    :param seed: Its seed.
    :param metrics: All metrics of each task.
    :param errors: Each task's error: its metric's distance from perfection.
    """

    seed: int
    metrics: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class TaskSummary:
    """
    How one task fares in the exported model.

    :param metric: The metric that defines its gain.
    :param validation_gain: Over the single-task anchor, on validation, over seeds.
    :param test_gain: The same on test.
    :param test: The test metrics of the exported network: one seed of the winning candidate.
    :param winner_test: The test metrics of the winning candidate, mean over seeds.
    :param anchor_test: The test metrics of the single-task anchor, mean over seeds.
    """

    name: str
    kind: str
    metric: str
    validation_gain: Estimate
    test_gain: Estimate
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
    :param floored: Tasks whose gain is limited since their anchor is nearly perfect.
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

    @property
    def winner(self) -> Row:
        """The exported candidate."""
        return self.rows[0]

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON data."""
        data = asdict(self)
        del data["affinity"]  # it has a file of its own
        return {**data, "folder": str(self.folder)}


def summarise(
    standing: Standing,
    trials: Sequence[Trial],
    data: MultiTaskData,
    judged: Mapping[str, Sequence[Judged]],
    best: Trial,
    exported: ExportReport,
    affinity: Affinity | None,
    folder: Path,
) -> Summary:
    """
    Gathers what is known at the end of a search.

    :param judged: The test results of the winner and of the anchors, by digest.
    :param best: The winner's trial that was exported.
    """
    winner = standing.ranking[0]
    constants = constant_errors(data.tasks, data.kinds, data.test.targets)
    single = next(entry for entry in standing.ranking if entry.anchor == "single-task")
    zero = {j.seed: j.errors for j in judged[single.candidate.digest]}
    test_gains = {
        digest: [gains(j.errors, zero[j.seed], constants) for j in found if j.seed in zero]
        for digest, found in judged.items()
    }
    failed = [trial.result.reason for trial in trials if not trial.done]
    return Summary(
        folder=folder,
        rows=tuple(_row(rank, entry) for rank, entry in enumerate(standing.ranking, start=1)),
        tasks=tuple(
            _task(task, kind, winner, test_gains, judged, single, best)
            for task, kind in zip(data.tasks, data.kinds, strict=True)
        ),
        test_gains={
            digest: Estimate.of([mean_gain(gain) for gain in found])
            for digest, found in test_gains.items()
        },
        graph=winner.candidate.graph.to_json(),
        hyperparameters=winner.candidate.hyperparameters,
        seed=best.seed,
        parameters=best.result.parameters,
        flops=best.result.flops,
        trials=len(trials),
        failed={reason: failed.count(reason) for reason in sorted(set(failed))},
        seconds=max(trial.elapsed for trial in trials),
        affinity=affinity,
        floored=tuple(floored(single.trials[0].result.errors, standing.constants)),
        notes=data.notes,
        n_rows=(len(data.train.rows), len(data.validation.rows), len(data.test.rows)),
        data_digest=data.digest,
        exported=exported,
    )


def _task(
    task: Any,
    kind: Any,
    winner: Entry,
    test_gains: Mapping[str, Sequence[Mapping[str, float]]],
    judged: Mapping[str, Sequence[Judged]],
    single: Entry,
    best: Trial,
) -> TaskSummary:
    of_winner = {j.seed: j.metrics[task.name] for j in judged[winner.candidate.digest]}
    of_anchor = [j.metrics[task.name] for j in judged[single.candidate.digest]]
    return TaskSummary(
        name=task.name,
        kind=task.kind,
        metric=task.metric or kind.primary,
        validation_gain=winner.gains[task.name],
        test_gain=Estimate.of([gain[task.name] for gain in test_gains[winner.candidate.digest]]),
        test=of_winner[best.seed],
        winner_test=_mean(list(of_winner.values())),
        anchor_test=_mean(of_anchor),
    )


def _mean(metrics: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each metric."""
    return {name: fmean(found[name] for found in metrics) for name in metrics[0]}


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
