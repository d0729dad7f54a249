"""The trials of a search as a table: some columns to print, all of them as CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from automtl.core.callback import Ended
from automtl.errors import RunError
from automtl.report.leaderboard import MAX_TASKS, aligned


def lines(trials: Sequence[Ended]) -> list[str]:
    """
    A line a trial: its number, phase, seed, status, mean gain over a model per task on validation,
    the gain for each task, parameters, seconds of training and graph.
    """
    tasks = trials[0].trial.candidate.graph.tasks if trials else ()
    per_task = tasks if len(tasks) <= MAX_TASKS else ()
    names = ["mean_gain", *(f"gain/{task}" for task in per_task)]
    head = ["trial", "phase", "seed", "status", "mean gain", *per_task]
    body = [
        [
            str(ended.number),
            ended.trial.phase.value,
            str(ended.trial.seed),
            ended.trial.result.status.value,
            *(_percent(ended.metrics.get(name)) for name in names),
            f"{ended.trial.result.parameters:,}",
            f"{ended.trial.result.seconds:.1f}",
            str(ended.trial.candidate.graph),
        ]
        for ended in trials
    ]
    return aligned([[*head, "parameters", "seconds", "graph"], *body])


def write_csv(trials: Sequence[Ended], file: Path) -> None:
    """
    Writes a row a trial, with all that `Ended.settings` and `Ended.metrics` have of it.

    :raises RunError: If it cannot be written.
    """
    rows = [row(ended) for ended in trials]
    names = dict.fromkeys(name for row in rows for name in row)
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, list(names), restval="")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise RunError(f"{file}: cannot be written: {error.strerror}.") from None


def row(ended: Ended) -> dict[str, Any]:
    """A trial as a row: what it is called, how it ended, its settings and its metrics."""
    result = ended.trial.result
    about = {
        "trial": ended.name,
        "candidate": ended.trial.candidate.digest,
        "status": result.status.value,
        "reason": result.reason,
    }
    return {**about, **ended.settings, **ended.metrics}


def _percent(gain: float | None) -> str:
    return "" if gain is None else f"{100 * gain:+.1f} %"
