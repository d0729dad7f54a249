"""The leaderboard, and what to conclude from it, as text."""

from collections.abc import Sequence
from math import isfinite, isnan

from automtl.core.graph import TaskGraph
from automtl.report.summary import Row, Summary, TaskSummary
from automtl.search.entry import Estimate

MAX_TASKS = 6  # with more tasks, the table has the worst gain in place of each
MAX_ROWS = 10


def leaderboard(summary: Summary, rows: int = MAX_ROWS) -> list[str]:
    """
    The best candidates, one line each: rank, mean gain over the single-task anchor on
    validation, the gain for each task, seeds, parameters, and the graph.
    """
    tasks = [task.name for task in summary.tasks]
    shown = [*summary.rows[:rows], *(row for row in summary.rows[rows:] if row.anchor)]
    per_task = tasks if len(tasks) <= MAX_TASKS else ["worst task"]
    head = ["rank", "mean gain", *per_task, "seeds", "parameters", "graph"]
    body = [
        [
            str(row.rank),
            percent(row.mean),
            *([percent(row.gains[task]) for task in tasks] if per_task is tasks else [_worst(row)]),
            str(row.seeds),
            f"{row.parameters:,}",
            row.graph + (f"   [{row.anchor} anchor]" if row.anchor else ""),
        ]
        for row in shown
    ]
    return aligned([head, *body])


def sharing(graph: TaskGraph) -> list[str]:
    """Where the tasks share and where they part, a line a stage."""
    lines = []
    for number, stage in enumerate(graph.stages, start=1):
        together = [node for node in stage if len(node.tasks) > 1]
        alone = [task for node in stage if len(node.tasks) == 1 for task in node.tasks]
        parts = [f"{', '.join(node.tasks)} share ({node.primitive})" for node in together]
        parts += [f"{', '.join(alone)} alone"] if alone else []
        lines.append(f"stage {number}: {'; '.join(parts)}")
    return lines + [f"{taker} reads what {giver} predicts" for giver, taker in graph.cascades]


def evidence(summary: Summary) -> list[str]:
    """
    The winner against a model per task, on test, which nothing was chosen on: the metric of what
    was exported, and the means over seeds of the winning candidate and of the single-task
    anchor. The gain compares these means, never the one exported seed with a mean.
    """
    head = ["task", "metric", "exported", "winner", "single-task", "gain on test", "conclusion"]
    body = [
        [
            task.name,
            task.metric,
            *(shown(of[task.metric]) for of in (task.test, task.winner_test, task.anchor_test)),
            percent(task.test_gain),
            verdict(summary, task),
        ]
        for task in summary.tasks
    ]
    return aligned([head, *body])


def verdict(summary: Summary, task: TaskSummary) -> str:
    """What the winner is to a task, against a model of its own."""
    is_anchor = summary.winner.anchor == "single-task"
    return "is the anchor" if is_anchor else conclusion(task.test_gain)


def conclusion(gain: Estimate) -> str:
    """
    What an interval says.

    >>> conclusion(Estimate(0.03, 0.01)), conclusion(Estimate(-0.03, 0.01))
    ('better', 'worse')
    """
    if not isfinite(gain.mean):
        return "not defined on these rows"
    if gain.half_width is None:
        return "one seed: no interval"
    if gain.mean - gain.half_width > 0:
        return "better"
    if gain.mean + gain.half_width < 0:
        return "worse"
    return "undecided" if gain.half_width > 0 else "the same"


def percent(gain: Estimate) -> str:
    """
    A gain in percent.

    >>> percent(Estimate(0.0312, 0.01)), percent(Estimate(-0.02, None))
    ('+3.1 ± 1.0 %', '-2.0 %')
    """
    if isnan(gain.mean):
        return "undefined"
    spread = "" if gain.half_width is None else f" ± {100 * gain.half_width:.1f}"
    return f"{100 * gain.mean:+.1f}{spread} %"


def shown(value: float) -> str:
    """
    A metric in words.

    >>> shown(0.123456), shown(float("nan"))
    ('0.1235', 'undefined')
    """
    return "undefined" if isnan(value) else f"{value:.4g}"


def _worst(row: Row) -> str:
    task = min(row.gains, key=lambda name: row.gains[name].mean)
    return f"{percent(row.gains[task])} {task}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line a row: columns of equal width, the last one as long as it likes."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
