"""All metrics of all tasks on test, as tables that stay readable for many tasks and columns."""

from collections.abc import Sequence
from math import isnan
from statistics import fmean

from automtl.report.columns import ColumnSummary
from automtl.report.leaderboard import aligned, shown
from automtl.report.summary import Summary, TaskSummary
from automtl.report.tables import Cell, Table, number

FEW = 4  # tasks of a kind that are shown one metric a row, with the anchor beside


def metric_tables(summary: Summary) -> list[Table]:
    """
    A table for each kind of task: a row for each metric of each task if these are few, else a row
    for each task and a column for each metric of the exported model.
    """
    tables = []
    for kind, tasks in by_kind(summary).items():
        if len(tasks) <= FEW:
            tables.append(_metric_rows(kind, tasks))
        else:
            tables.append(_task_rows(kind, tasks))
    return tables


def column_tables(summary: Summary) -> list[Table]:
    """A table for each task with several columns: labels, threshold and metrics of each column."""
    return [column_table(task) for task in summary.tasks if task.columns]


def set_tables(summary: Summary) -> list[Table]:
    """A table for each set of labels that are tasks of their own: its metrics as a whole."""
    head = ["metric", "exported", "winner", "single-task"]
    return [
        Table(
            f"All labels of {one.name} together, on test",
            head,
            [
                [
                    Cell(metric),
                    *(
                        number(shown(of[metric]))
                        for of in (one.test, one.winner_test, one.anchor_test)
                    ),
                ]
                for metric in one.test
            ],
        )
        for one in summary.sets
    ]


def metric_lines(summary: Summary) -> list[list[str]]:
    """All tables of this module as aligned text, the caption first."""
    tables = [*set_tables(summary), *metric_tables(summary), *column_tables(summary)]
    return [
        [
            table.caption,
            "",
            *aligned([table.head, *([cell.text for cell in row] for row in table.rows)]),
        ]
        for table in tables
    ]


def by_kind(summary: Summary) -> dict[str, list[TaskSummary]]:
    """The tasks of each kind, in the order in which kinds come up."""
    found: dict[str, list[TaskSummary]] = {}
    for task in summary.tasks:
        found.setdefault(task.kind, []).append(task)
    return found


def _metric_rows(kind: str, tasks: Sequence[TaskSummary]) -> Table:
    rows = [
        [
            Cell(task.name),
            Cell(metric + (" (primary)" if metric == task.metric else "")),
            *(number(shown(of[metric])) for of in (task.test, task.winner_test, task.anchor_test)),
        ]
        for task in tasks
        for metric in task.test
    ]
    head = ["task", "metric", "exported", "winner", "single-task"]
    return Table(f"All metrics of {_named(kind)} on test", head, rows)


def _task_rows(kind: str, tasks: Sequence[TaskSummary]) -> Table:
    metrics = list(tasks[0].test)
    rows = [
        [
            Cell(task.name),
            *(
                number(shown(task.test[metric]) + ("*" if metric == task.metric else ""))
                for metric in metrics
            ),
        ]
        for task in tasks
    ]
    defined = [[t.test[m] for t in tasks if not isnan(t.test[m])] for m in metrics]
    means = (shown(fmean(found)) if found else "undefined" for found in defined)
    mean = [Cell(f"mean of {len(tasks)} tasks"), *map(number, means)]
    counts = (number(str(len(found))) for found in defined)
    caption = (
        f"All metrics of {_named(kind)} on test, of the exported model (* defines the gain; the "
        "mean is of the tasks that define the metric)"
    )
    return Table(caption, ["task", *metrics], [*rows, mean, [Cell("tasks in the mean"), *counts]])


def column_table(task: TaskSummary) -> Table:
    """The columns of a task: of labels, their positives and thresholds; metrics of any."""
    cells = [_column_cells(column) for column in task.columns]
    what = "labels" if "positives" in cells[0] else "columns"
    return Table(
        f"The {len(task.columns)} {what} of {task.name}, with metrics of their own on test",
        [what.removesuffix("s"), *cells[0]],
        [
            [Cell(column.name), *map(number, row.values())]
            for column, row in zip(task.columns, cells, strict=True)
        ],
    )


def _column_cells(column: ColumnSummary) -> dict[str, str]:
    found = {"rows to train": f"{column.known[0]:,}"}
    if column.positives is not None:
        found["positives"] = f"{column.positives[0]:,}"
    found["rows to test"] = f"{column.known[2]:,}"
    if column.positives is not None:
        found["positives on test"] = f"{column.positives[2]:,}"
    if column.threshold is not None:
        found["threshold"] = f"{column.threshold:.3g}"
    return found | {
        name.removeprefix("macro_"): "left out" if isnan(value) else shown(value)
        for name, value in column.test.items()
    }


def _named(kind: str) -> str:
    return f"{kind} tasks"
