from collections.abc import Callable
from dataclasses import replace
from math import nan

from pytest import fixture

from automtl.report.columns import ColumnSummary
from automtl.report.metrics import FEW, column_tables, metric_lines, metric_tables, set_tables
from automtl.report.summary import SetSummary, Summary

Maker = Callable[..., Summary]


def binary(summary: Maker, count: int) -> Summary:
    """A summary of tasks with two metrics, the second undefined for the first task."""
    made = summary([f"t{number}" for number in range(count)])
    tasks = []
    for at, task in enumerate(made.tasks):
        test = {"rmse": 0.5 + at, "auc": nan if at == 0 else 0.75}
        found = replace(task, kind="binary", test=test, winner_test=test, anchor_test=test)
        tasks.append(found)
    return replace(made, tasks=tuple(tasks))


@fixture
def labels(summary: Maker) -> Summary:
    columns = (
        ColumnSummary("red", (60, 20, 20), (30, 10, 9), 0.4, {"f1": 0.8}),
        ColumnSummary("rare", (60, 20, 20), (2, 1, 0), 0.25, {"f1": nan}),
    )
    made = summary(("tags",))
    return replace(made, tasks=(replace(made.tasks[0], columns=columns),))


def test_few_tasks_have_a_row_a_metric(summary: Maker) -> None:
    (table,) = metric_tables(binary(summary, FEW))
    assert len(table.rows) == 2 * FEW
    assert [cell.text for cell in table.rows[0]] == ["t0", "rmse (primary)", "0.5", "0.5", "0.5"]
    assert table.rows[1][2].text == "undefined"


def test_many_tasks_have_a_row_each_and_their_mean(summary: Maker) -> None:
    (table,) = metric_tables(binary(summary, 29))
    assert list(table.head) == ["task", "rmse", "auc"]
    *tasks, mean, counts = table.rows
    assert len(tasks) == 29
    assert tasks[0][2].text == "undefined"
    assert [cell.text for cell in mean] == ["mean of 29 tasks", "14.5", "0.75"]
    assert [cell.text for cell in counts[1:]] == ["29", "28"]


def test_kinds_have_tables_of_their_own(summary: Maker) -> None:
    made = binary(summary, 2)
    other = replace(made.tasks[1], kind="count")
    assert len(metric_tables(replace(made, tasks=(made.tasks[0], other)))) == 2


def test_labels_have_rows_with_thresholds_and_say_what_is_left_out(labels: Summary) -> None:
    (table,) = column_tables(labels)
    assert table.head[0] == "label"
    red, rare = ([cell.text for cell in row] for row in table.rows)
    assert red == ["red", "60", "30", "20", "9", "0.4", "0.8"]
    assert rare == ["rare", "60", "2", "20", "0", "0.25", "left out"]
    assert column_tables(replace(labels, tasks=())) == []


def test_numbers_have_neither_positives_nor_thresholds(labels: Summary) -> None:
    plain = [replace(c, positives=None, threshold=None) for c in labels.tasks[0].columns]
    task = replace(labels.tasks[0], columns=tuple(plain))
    (table,) = column_tables(replace(labels, tasks=(task,)))
    assert list(table.head) == ["column", "rows to train", "rows to test", "f1"]


def test_as_text_the_tables_align(labels: Summary) -> None:
    metrics, columns = metric_lines(labels)
    assert metrics[0] == "All metrics of regression tasks on test"
    head, *rows = columns[2:]
    assert all(row.index(row.split()[1]) == head.index("rows to train") for row in rows)


def test_sets_of_labels_that_are_tasks_have_a_table_first(summary: Maker) -> None:
    one = SetSummary("tags", ("a", "b"), {"macro_f1": 0.75}, {"macro_f1": 0.5}, {"macro_f1": 0.25})
    made = replace(summary(("a", "b")), sets=(one,))
    (table,) = set_tables(made)
    assert [cell.text for cell in table.rows[0]] == ["macro_f1", "0.75", "0.5", "0.25"]
    assert metric_lines(made)[0][0] == "All labels of tags together, on test"
    assert set_tables(summary(("a", "b"))) == []
