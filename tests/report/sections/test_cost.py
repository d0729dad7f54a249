from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytest import approx, fixture

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.report.found import Found
from automtl.report.parts import Folded, Pictures, Section
from automtl.report.sections.cost import cost, section
from automtl.report.summary import FrontPoint
from automtl.report.tables import Table
from automtl.search.entry import Estimate
from automtl.search.standing import Standing

Maker = Callable[..., Found]


@fixture
def running(candidate: Callable[..., Candidate], ended: Callable[..., Trial]) -> Found:
    """Two anchors, a graph and a failure, of 1, 2, 3 and 4 seconds."""
    single, shared = (candidate(make("ab", 2)) for make in
                      (TaskGraph.single_task, TaskGraph.all_shared))  # fmt: skip
    other = candidate(TaskGraph.from_groups([["ab"], ["a", "b"]]))
    trials = [
        ended(single, {"a": 1.0, "b": 1.0}, phase=Phase.ANCHORS),
        ended(shared, {"a": 0.9, "b": 1.2}, phase=Phase.ANCHORS),
        ended(other, {"a": 0.8, "b": 1.0}),
        ended(other, {}, seed=1, reason="ValueError: <b>"),
    ]
    timed = [
        replace(trial, result=replace(trial.result, seconds=n, epochs=n, parameters=100 * n))
        for n, trial in enumerate(trials, start=1)
    ]
    standing = Standing(timed, {"a": 2.0, "b": 2.0})
    return Found(Path("/runs/x"), True, timed,
                 standing)  # fmt: skip


def tables(found: Section) -> dict[str, Table]:
    shown = [
        p for part in found.parts for p in (part.parts if isinstance(part, Folded) else [part])
    ]
    return {part.caption: part for part in shown if isinstance(part, Table)}


def test_the_phases_add_up(running: Found) -> None:
    rows = tables(section(running))["What each phase took"].rows
    assert [row[0].text for row in rows] == ["anchors", "graphs"]
    assert [row[2].text for row in rows] == ["0", "1"]
    assert [float(row[3].text) for row in rows] == [3.0, 7.0]
    assert cost(running) == approx(5.0)  # 10 seconds, of which the all-shared anchor took 2
    assert sum(float(row[4].text) for row in rows) == approx(5.0)


def test_failures_are_counted_by_reason(running: Found) -> None:
    failed = tables(section(running))["Trainings that failed or were cut off"]
    assert [[cell.text for cell in row] for row in failed.rows] == [["ValueError: <b>", "1"]]


def test_the_leaderboard_is_that_of_the_trials_so_far(running: Found) -> None:
    board = tables(section(running))[
        "Candidates by their gain over a model per task, on validation"
    ]
    assert [row[1].text for row in board.rows] == ["+10.0 %", "+0.0 %", "-5.0 %"]
    assert "single-task anchor" in board.rows[1][-1].text


def test_the_front_is_drawn_and_listed(found: Maker) -> None:
    made = found()
    assert made.summary is not None
    graph = dict(made.summary.graph)
    points = tuple(
        FrontPoint(f"point{n}", "", Estimate(0.01 * n, half), (), {"parameters": 10.0**n}, graph)
        for n, half in ((5, 0.01), (3, None))
    )
    said = section(found(but={"against": ("parameters",), "front": points}))
    listed = tables(said)["The Pareto front, on validation"]
    assert [row[0].text for row in listed.rows] == ["point5", "point3"]
    drawn = [
        one.title for part in said.parts if isinstance(part, Pictures) for one in part.pictures
    ]
    assert drawn == ["Mean gain against parameters"]
    assert "The Pareto front, on validation" not in tables(section(made))


def test_before_the_first_trial_there_is_nothing_to_show(found: Maker) -> None:
    said = section(replace(found(), summary=None))
    assert said.finding == "No training has ended yet."
    assert said.parts == []
