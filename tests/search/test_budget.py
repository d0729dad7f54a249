from itertools import pairwise

from pytest import mark

from automtl.search.budget import (
    ANCHORS,
    FINALISTS,
    Budget,
    finals_cost,
    guard_cost,
    training_seconds,
)


@mark.parametrize("seeds", [1, 2, 3, 5, 9, 20])
@mark.parametrize("trials", [2, 3, 4, 6, 8, 15, 16, 17, 24, 25, 40, 100, 500])
def test_the_parts_fit_into_the_whole(trials: int, seeds: int) -> None:
    budget = Budget(trials, None, seeds)
    finalists, n_seeds = budget.finals
    cost = finals_cost(finalists, n_seeds)
    assert 0 <= cost <= FINALISTS * trials
    assert 1 <= n_seeds <= seeds
    assert 2 <= 2 * budget.anchor_trials <= max(2, ANCHORS * trials)
    assert 2 * budget.anchor_trials + (budget.anchor_trials > 1) + cost <= trials


@mark.parametrize("seeds", [2, 3, 5, 20])
def test_more_trials_never_mean_fewer_finals(seeds: int) -> None:
    found = [Budget(trials, None, seeds) for trials in range(2, 400)]
    costs = [finals_cost(*budget.finals) for budget in found]
    assert all(less <= more for less, more in pairwise(costs))
    assert found[-1].finals == (3, seeds)


def test_the_seeds_asked_for_are_given_where_there_is_no_limit_of_trials() -> None:
    assert Budget(None, 60.0, 12).finals == (3, 12)
    assert Budget(None, 60.0, 1).finals == (3, 1)


def test_the_first_limit_that_is_reached_ends_the_search() -> None:
    both = Budget(10, 100.0, 3)
    assert both.spent(0, 0.0) == 0.0
    assert both.spent(5, 10.0) == 0.5
    assert both.spent(5, 90.0) == 0.9
    assert both.spent(10, 0.0) >= 1
    assert both.spent(0, 100.0) >= 1
    assert Budget(10, None, 3).spent(9, 1e9) < 1
    assert Budget(None, 100.0, 3).spent(10**9, 99.0) < 1


def test_the_finals_are_due_when_only_their_share_is_left() -> None:
    budget = Budget(24, None, 3)  # a finalist and two anchors, two more seeds each, and the guard
    assert [budget.finals_due(n, 0.0) for n in (14, 15, 24)] == [False, True, True]
    timed = Budget(None, 100.0, 3)
    assert [timed.finals_due(0, seconds) for seconds in (54.0, 56.0)] == [False, True]


def test_the_guard_is_due_when_only_its_share_is_left() -> None:
    budget = Budget(24, None, 3)
    assert [budget.guard_due(n, 0.0) for n in (20, 21, 24)] == [False, True, True]
    timed = Budget(None, 100.0, 3)
    assert [timed.guard_due(0, seconds) for seconds in (89.0, 90.0)] == [False, True]
    assert timed.guard_late(90.0)


def test_without_finalists_or_several_seeds_there_is_nothing_to_guard() -> None:
    assert guard_cost(0, 5) == guard_cost(3, 1) == 0
    assert finals_cost(3, 1) == 0
    assert guard_cost(3, 5) == 5


@mark.parametrize("trials", [24, 40, 100])
def test_finalists_have_three_seeds_where_the_budget_allows(trials: int) -> None:
    finalists, seeds = Budget(trials, None, 5).finals
    assert finalists >= 1
    assert seeds >= 3


@mark.parametrize("workers", [1, 2, 5, 32])
def test_no_training_takes_too_much_of_the_time(workers: int) -> None:
    longest = training_seconds(600.0, workers)
    assert longest is not None
    assert longest <= 150
    assert workers * 600 / longest >= 20
    assert training_seconds(None, workers) is None


def test_tuning_the_anchors_has_a_share_of_the_time() -> None:
    assert not Budget(24, None, 3).anchors_due(1e9)
    assert [Budget(None, 100.0, 3).anchors_due(seconds) for seconds in (24.0, 25.0)] == [0, 1]
