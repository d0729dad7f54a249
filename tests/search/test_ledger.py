from typing import Any

from automtl.core.objective import Objective
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.ledger import Ledger


def _order(sim: Any, seed: int = 0, phase: Phase = Phase.ANCHORS) -> Order:
    return Order(sim.space.candidate(sim.single, sim.space.default()), seed, phase)


def test_an_order_is_new_until_it_is_given_or_ended_and_again_when_cut(sim: Any) -> None:
    ledger, order = Ledger(sim.constants, Objective()), _order(sim)
    assert ledger.new(order)
    ledger.begin(order)
    assert not ledger.new(order)
    ledger.end(Trial(order, Result(Status.CUT, "the budget ended")))
    assert ledger.new(order)
    assert (len(ledger), ledger.orders()) == (0, [])
    ledger.begin(order)
    ledger.end(Trial(order, Result(Status.FAILED, "no")))
    assert not ledger.new(order)
    assert ledger.failed(order.candidate)
    assert len(ledger) == 1


def test_the_next_seed_is_the_first_that_is_free(sim: Any) -> None:
    ledger = Ledger(sim.constants, Objective())
    for seed in (3, 4, 6):
        ledger.begin(_order(sim, seed))
    order = ledger.next_seed(_order(sim, 3, Phase.GRAPHS))
    assert (order.seed, order.phase) == (5, Phase.GRAPHS)


def test_the_zero_point_is_the_single_task_anchor_by_draw(sim: Any) -> None:
    ledger = Ledger(sim.constants, Objective())
    assert ledger.standing.zero == {}
    for seed, phase in ((0, Phase.ANCHORS), (1, Phase.FINALISTS)):
        order = _order(sim, seed, phase)
        ledger.end(Trial(order, sim.train(order)))
    errors = [trial.result.errors for trial in ledger.trials]
    assert ledger.standing.zero == {(0, None): errors[0], (1, None): errors[1]}
