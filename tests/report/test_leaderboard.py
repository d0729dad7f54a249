from collections.abc import Callable

from pytest import mark

from automtl.core.graph import Node, TaskGraph
from automtl.report.leaderboard import (
    MAX_ROWS,
    MAX_TASKS,
    conclusion,
    evidence,
    leaderboard,
    percent,
    sharing,
)
from automtl.report.summary import Summary
from automtl.search.entry import Estimate

Make = Callable[..., Summary]
TEN = tuple(f"task {number}" for number in range(10))


def _columns(lines: list[str], heads: list[str]) -> list[list[str]]:
    """The cells, cut where the heads begin; so the columns must align."""
    starts = [lines[0].index(head) for head in heads]
    ends = [*starts[1:], None]
    return [
        [line[start:end].strip() for start, end in zip(starts, ends, strict=True)] for line in lines
    ]


def test_the_columns_align(summary: Make) -> None:
    heads = ["rank", "mean gain", "first", "long name", "seeds", "parameters", "graph"]
    made = summary(("first", "long name"))
    head, *rows = _columns(leaderboard(made), heads)
    assert head == heads
    for cells, row in zip(rows, made.rows, strict=True):
        assert cells[:2] == [str(row.rank), percent(row.mean)]
        assert cells[2:4] == [percent(row.gains["first"]), percent(row.gains["long name"])]
        assert cells[4:6] == [str(row.seeds), f"{row.parameters:,}"]
        assert cells[6].startswith(row.graph)
        assert (f"[{row.anchor} anchor]" in cells[6]) == bool(row.anchor)


@mark.parametrize("n_tasks", [MAX_TASKS, MAX_TASKS + 1])
def test_many_tasks_fall_back_to_the_worst(summary: Make, n_tasks: int) -> None:
    lines = leaderboard(summary(TEN[:n_tasks]))
    assert ("worst task" in lines[0]) == (n_tasks > MAX_TASKS)
    assert ("task 3" in lines[0]) == (n_tasks <= MAX_TASKS)
    if n_tasks > MAX_TASKS:  # their gains grow with their number
        assert all(" % task 0 " in line for line in lines[1:])


def test_the_anchors_are_always_shown(summary: Make) -> None:
    made = summary(anchors=[*[""] * 20, "all-shared", *[""] * 3, "single-task"])
    lines = leaderboard(made, rows=5)
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4", "5", "21", "25"]
    assert len(leaderboard(made)) == 1 + MAX_ROWS + 2


def test_no_row_is_shown_twice(summary: Make) -> None:
    lines = leaderboard(summary())
    assert len(lines) == len(set(lines)) == 4


@mark.parametrize(
    ("mean", "half_width", "words"),
    [
        (0.03, None, "one seed: no interval"),
        (0.03, 0.01, "better"),
        (-0.03, 0.01, "worse"),
        (0.03, 0.03, "undecided"),
        (-0.01, 0.03, "undecided"),
        (0.0, 0.0, "the same"),
        (float("nan"), None, "not defined on these rows"),
    ],
)
def test_the_conclusion_is_that_of_the_interval(
    mean: float, half_width: float | None, words: str
) -> None:
    assert conclusion(Estimate(mean, half_width)) == words


def test_the_evidence_tells_one_network_from_means_over_seeds(summary: Make) -> None:
    heads = ["task", "metric", "exported", "winner", "single-task", "gain on test", "conclusion"]
    cells = _columns(evidence(summary(("a", "b"))), heads)
    assert cells[1] == ["a", "rmse", "1.25", "1.5", "1.75", "+3.1 ± 1.0 %", "better"]
    assert [row[0] for row in cells] == ["task", "a", "b"]


@mark.parametrize("gain", [Estimate(0.0, 0.0), Estimate(0.0, None)])
def test_where_the_anchor_won_there_is_nothing_to_conclude(summary: Make, gain: Estimate) -> None:
    made = summary(anchors=["single-task", ""], gain=gain)
    assert all(line.endswith("is the anchor") for line in evidence(made)[1:])
    made = summary(anchors=["all-shared", "single-task"], gain=gain)
    assert not any("is the anchor" in line for line in evidence(made))


def test_a_gain_that_is_not_defined_is_no_number() -> None:
    assert percent(Estimate(float("nan"), None)) == "undefined"


def test_sharing_names_who_shares_what_and_who_is_alone() -> None:
    graph = TaskGraph(
        ((Node(("a", "b", "c"), "mtan"),), (Node(("a", "b")), Node(("c",))),
         (Node(("a",)), Node(("b",)), Node(("c",)))),
        (("a", "c"),),
    )  # fmt: skip
    assert sharing(graph) == [
        "stage 1: a, b, c share (mtan)",
        "stage 2: a, b share (hard); c alone",
        "stage 3: a, b, c alone",
        "c reads what a predicts",
    ]
