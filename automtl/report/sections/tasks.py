"""Task by task: what each predicts, how well, and where it errs."""

from collections.abc import Iterator, Mapping
from math import isnan

from automtl.report.findings import counted
from automtl.report.found import Found
from automtl.report.leaderboard import percent, shown
from automtl.report.metrics import column_table, metric_tables, set_tables
from automtl.report.parts import Folded, Items, Part, Pictures, Section, Text
from automtl.report.pictures import Picture, task_pictures
from automtl.report.summary import Summary, TaskSummary
from automtl.report.tables import Cell, Table, number
from automtl.report.tasks import about, about_tasks

TITLE = "How good is it, task by task?"
FEW = 3  # tasks that are unfolded from the start
MANY = 4  # tasks, from which on one table has the metrics of all
MAX_LETTERS = 600_000  # of pictures of tasks in the page, which shall stay below 2 MB


def section(found: Found) -> Section:
    """Pictures and metrics on test of each task; nothing before the end of the search."""
    if found.summary is None:
        return Section("tasks", TITLE, "Not known yet: nothing is tested before the search ends.")
    return Section("tasks", TITLE, _finding(found.summary), list(_parts(found, found.summary)))


def _finding(summary: Summary) -> str:
    return (
        f"All of it is of the exported model, on the {summary.n_rows[2]:,} test rows, on which "
        "nothing was chosen."
    )


def _parts(found: Found, summary: Summary) -> Iterator[Part]:
    yield from set_tables(summary)
    if len(summary.tasks) > MANY:
        yield Folded("What the tasks are", [Items(about_tasks(summary))])
        yield Folded("All metrics on test", metric_tables(summary))
    if not found.evidence:
        yield Text("There are no pictures: the run folder has no evidence.json.", "note")
    pictures = _affordable(found, summary)
    bags = any(member.bag is not None for member in summary.members)
    for task in summary.tasks:
        parts = list(_of_task(task, pictures.get(task.name, []), bags))
        yield Folded(_caption(task, summary), parts, len(summary.tasks) <= FEW, task.name)
    bare = len([name for name in found.evidence if name not in pictures])
    if bare:
        yield Text(
            f"To keep this page small, {counted(bare, 'task')} with higher gains have no pictures; "
            "evidence.json in the run folder has their numbers.",
            "note",
        )


def _caption(task: TaskSummary, summary: Summary) -> str:
    """The metric that matters, and the gain where it is not zero by definition."""
    value = f"{task.name}: {task.metric} {shown(task.test[task.metric])}"
    if summary.winner.anchor == "single-task":
        return value
    return f"{value}, gain {percent(task.test_gain)}"


def _of_task(task: TaskSummary, pictures: list[Picture], bags: bool) -> Iterator[Part]:
    lines = about(task, bags)
    yield Items(lines) if len(lines) > 1 else Text(f"{lines[0]}.")
    if pictures:
        yield Pictures(pictures)
    metrics = [_metrics(task)]
    yield Folded("Its metrics on test", metrics) if pictures else metrics[0]
    if task.columns:
        columns = column_table(task)
        yield Folded(columns.caption, [columns])


def _metrics(task: TaskSummary) -> Table:
    rows = [
        [
            Cell(metric + (" (defines the gain)" if metric == task.metric else "")),
            *(number(shown(of[metric])) for of in (task.test, task.winner_test, task.anchor_test)),
        ]
        for metric in task.test
    ]
    head = ["metric", "exported", "winner", "single-task"]
    return Table(f"All metrics of {task.name} on test", head, rows)


def _affordable(found: Found, summary: Summary) -> Mapping[str, list[Picture]]:
    """The pictures of each task, those of the lowest gains first, as far as there is room."""
    gains = {task.name: task.test_gain.mean for task in summary.tasks}
    order = sorted(gains, key=lambda name: (isnan(gains[name]), gains[name]))
    pictures: dict[str, list[Picture]] = {}
    room = MAX_LETTERS
    for name in (name for name in order if name in found.evidence):
        drawn = task_pictures(found.evidence[name])
        room -= sum(len(one.svg) for one in drawn)
        if room < 0:
            break
        pictures[name] = drawn
    return pictures
