from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest import fixture, mark

from automtl.core.candidate import Candidate
from automtl.core.objective import Objective
from automtl.core.trial import Order, Phase
from automtl.search.budget import Budget
from automtl.search.plan import Plan

SEED = 7


@fixture
def plan(sim: Any) -> Callable[..., Plan]:
    """A plan whose budget is changed."""
    return lambda **changes: sim.direct(Budget(24, None, 5, **changes)).plan


@fixture
def one(sim: Any) -> Candidate:
    return sim.space.candidate(sim.shared, sim.space.default())


@mark.parametrize("bags", [2, 3, 5])
def test_each_seed_but_the_first_leaves_out_another_fold(
    plan: Callable[..., Plan], one: Candidate, bags: int
) -> None:
    made = plan(bags=bags)
    orders = [made.order(one, SEED + n, Phase.FINALISTS) for n in range(2 * bags + 1)]
    assert orders[0].bag is None  # the seed of the search is for tuning
    assert [order.bag for order in orders[1:]] == 2 * [(fold, bags) for fold in range(bags)]
    assert (
        len({order.key for order in orders}) == len({order.draw for order in orders}) == len(orders)
    )


def test_without_bags_no_seed_leaves_out_a_fold(plan: Callable[..., Plan], one: Candidate) -> None:
    made = plan()
    assert {made.order(one, seed, Phase.FINALISTS).bag for seed in range(SEED - 2, SEED + 5)} == {
        None
    }


@mark.parametrize("bags", [0, 2])
@mark.parametrize("phase", Phase)
def test_an_order_is_for_what_it_is_asked_for_and_full(
    plan: Callable[..., Plan], one: Candidate, bags: int, phase: Phase
) -> None:
    found = replace(plan(bags=bags), fidelity=0.3).order(one, SEED + 1, phase)
    assert found == Order(one, SEED + 1, phase, bag=(0, 2) if bags else None)
    assert (found.fidelity, found.warm) == (1.0, "")


@mark.parametrize(("bags", "seed", "bag"), [(0, SEED, None), (1, SEED + 1, (0, 1)), (3, 8, (0, 3))])
def test_graphs_are_judged_on_the_first_fold(
    plan: Callable[..., Plan], one: Candidate, bags: int, seed: int, bag: Any
) -> None:
    made = plan(bags=bags)
    first = made.first(one)
    assert (first.seed, first.bag, first.phase) == (seed, bag, Phase.GRAPHS)
    assert first == made.order(one, made.first_seed, Phase.GRAPHS)


def test_tasks_are_in_alphabetical_order(plan: Callable[..., Plan]) -> None:
    made = replace(plan(), constants={"b": 1.0, "a": 2.0, "C": 3.0})
    assert made.tasks == ("C", "a", "b")


def test_by_default_nothing_is_limited_or_short(plan: Callable[..., Plan], one: Candidate) -> None:
    made = plan()
    assert (made.fidelity, made.workers, made.estimator, made.count(one)) == (1.0, 1, None, 0)
    assert made.objective == Objective()
