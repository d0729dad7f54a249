from collections.abc import Callable
from dataclasses import replace

from pytest import fixture, mark

from automtl.core.graph import TaskGraph
from automtl.core.objective import COSTS
from automtl.report.decisions import (
    UNITS,
    front_table,
    on_calibration,
    on_cost,
    on_front,
    on_guard,
    on_members,
)
from automtl.report.summary import FrontPoint, Member, Summary
from automtl.search.entry import Estimate
from automtl.search.fidelity import Calibration
from automtl.search.rescue import Rescue

Maker = Callable[..., Summary]
RESCUE = Rescue(
    "b", ("a", "c"), "before", "after",
    Estimate(-0.031, 0.01), Estimate(0.0, 0.0), Estimate(0.01, 0.02), Estimate(0.02, 0.01),
)  # fmt: skip


@fixture
def fronted(summary: Maker) -> Summary:
    """With a front of two."""
    graph = TaskGraph.all_shared("ab", 2).to_json()
    sizes = {"parameters": 1234567.0, "flops": 20.0, "latency_ms": 0.123456}
    small = {"parameters": 1000.0, "flops": 10.0, "latency_ms": 0.1}
    points = (
        FrontPoint("d1", "", Estimate(0.05, 0.01), (), sizes, graph),
        FrontPoint("d2", "all-shared", Estimate(0.01, None), ("a", "b"), small, graph),
    )
    return replace(summary(), against=("parameters", "latency_ms"), front=points)


def test_every_cost_has_a_unit() -> None:
    assert tuple(UNITS) == COSTS


def test_the_cost_is_in_all_shared_trainings(summary: Maker) -> None:
    assert "24 trainings cost 31.2 J" in on_cost(replace(summary(), cost_j=31.21))
    assert "no unit" in on_cost(replace(summary(), cost_j=None))


def test_a_rescue_tells_who_was_split_off_whom_and_both_gains(summary: Maker) -> None:
    (line,) = on_guard(replace(summary(), rescues=(RESCUE,)))
    for part in ("b was split off a and c", "-3.1 ± 1.0 %", "+0.0 ± 0.0 %", "+2.0 ± 1.0 %"):
        assert part in line


def test_whom_the_winner_still_harms_is_owned_up_to(summary: Maker) -> None:
    (line,) = on_guard(summary(("a", "b"), gain=Estimate(-0.1, 0.01)))
    assert "still harms a and b" in line
    (line,) = on_guard(summary(gain=Estimate(-0.1, 0.2)))
    assert "nothing to do" in line
    found = summary()
    once = replace(found, rows=(replace(found.rows[0], seeds=1), *found.rows[1:]))
    assert "cannot tell harm from luck" in on_guard(once)[0]


@mark.parametrize(
    ("pairs", "said"),
    [
        ([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.4, 0.4)], "1.00 (at least 0.6 is asked for): sho"),
        ([(0.1, 0.4), (0.2, 0.3), (0.3, 0.2), (0.4, 0.1)], "-1.00 (at least 0.6 is asked for): th"),
        ([(0.1, 0.1)], "1 graph had a short training and a full one, which is too few"),
    ],
)
def test_the_calibration_says_what_was_decided(pairs: list[tuple[float, float]], said: str) -> None:
    assert said in on_calibration(Calibration.of(pairs))


def test_where_there_is_nothing_to_say_nothing_is_said(summary: Maker) -> None:
    assert on_calibration(None) == on_front(summary()) == ""
    assert on_members(summary()) == on_members(replace(summary(), members=(Member("d", 0, "g"),)))


def test_the_front_is_a_table_with_the_costs_that_count(fronted: Summary) -> None:
    head, first, second = front_table(fronted)
    assert head.split("  ")[0] == "candidate"
    assert "parameters" in head
    assert "ms a row" in head
    assert "operations" not in head
    assert "1,234,567" in first
    assert "0.1235" in first
    assert "nobody" in first
    assert "a and b" in second
    assert second.endswith("[all-shared anchor]")
    assert "has 2 candidates of 3" in on_front(fronted)


def test_an_ensemble_lists_its_networks(summary: Maker) -> None:
    members = (Member("d1", 0, "a+b"), Member("d1", 1, "a+b"))
    head, *lines = on_members(replace(summary(), members=members))
    assert "2 networks" in head
    assert lines == ["candidate d1, seed 0: a+b", "candidate d1, seed 1: a+b"]


def test_bags_are_explained_fold_by_fold(summary: Maker) -> None:
    members = tuple(Member("d1", n, "a+b", f"k{n}", (n, 2)) for n in range(2))
    head, *lines = on_members(replace(summary(), members=members))
    assert "the winner, trained on the rows for training and validation" in head
    assert "one of 2 folds" in head
    assert "by what did not learn from it" in head
    assert lines[1] == "candidate d1, seed 1, without fold 2 of 2"


def test_bags_of_several_candidates_say_how_many(summary: Maker) -> None:
    members = tuple(Member(d, n, "a+b", f"{d}{n}", (n, 2)) for d in ("d1", "d2") for n in range(2))
    head, *lines = on_members(replace(summary(), members=members))
    assert "the winner and 1 more candidate with which the mean is better, each trained on" in head
    assert len(lines) == 4


def test_bags_that_were_not_finished_are_owned_up_to(summary: Maker) -> None:
    (line,) = on_members(replace(summary(), members=(Member("d", 0, "g"),), lacking_bags=3))
    assert "On 3 more divisions" in line
