"""Run folders that no search made: what a comparison reads, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest import fixture

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.report.summary import Member, Summary
from automtl.run import RunFolder
from automtl.search.entry import Estimate


@fixture
def folder(
    tmp_path: Path,
    summary: Callable[..., Summary],
    candidate: Callable[..., Candidate],
    ended: Callable[..., Trial],
) -> Callable[..., Path]:
    """
    Makes a run folder of tasks ``a`` and ``b``, or others.

    :param errors: The rmse of each task's delivered model, and of its winner's seeds.
    :param spread: Of these seeds.
    :param tests: The digest of what a task was tested on; the same for all by default.
    :param changes: Of the configuration.
    """

    def make(
        name: str,
        errors: Mapping[str, float] = {"a": 2.0, "b": 2.0},
        *,
        spread: float | None = 0.1,
        digest: str = "d1",
        tests: Mapping[str, str] | None = None,
        graph: TaskGraph | None = None,
        config: str = "search: {trials: 24}",
    ) -> Path:
        tasks = sorted(errors)
        tests = dict.fromkeys(tasks, "t1") if tests is None else tests
        graph = graph or TaskGraph.all_shared(tasks, 2)
        trial = ended(candidate(graph), errors)
        trial = replace(trial, result=replace(trial.result, latency_ms=0.25))
        run = RunFolder.create(
            tmp_path / name,
            f"name: {name}\n{config}\n",
            {"digest": digest, "report": {"tasks": [_task(task, tests) for task in tasks]}},
        )
        run.append(trial)
        found = _with(summary(tasks), errors, spread, trial)
        run.write_json("best.json", found.to_json())
        return run.path

    return make


def _task(name: str, tests: Mapping[str, str]) -> dict[str, Any]:
    label = {"name": name, "least": 0.0, "mean": 1.5, "greatest": 3.0, "std": 1.0}
    return {"name": name, "kind": "regression", "labels": [label], "test": tests.get(name, "")}


def _with(
    summary: Summary, errors: Mapping[str, float], spread: float | None, trial: Trial
) -> Summary:
    spreads = {} if spread is None else {"rmse": spread}
    return replace(
        summary,
        tasks=tuple(
            replace(
                task,
                test={"rmse": errors[task.name], "r2": 0.5},
                winner_test={"rmse": errors[task.name], "r2": 0.5},
                winner_spread=spreads,
            )
            for task in summary.tasks
        ),
        rows=(replace(summary.rows[0], seeds=5), *summary.rows[1:]),
        test_gains={summary.winner.digest: Estimate(0.02, 0.01)},
        graph=trial.candidate.graph.to_json(),
        hyperparameters=trial.candidate.hyperparameters,
        members=(Member(trial.candidate.digest, 0, str(trial.candidate.graph), trial.order.key),),
    )
