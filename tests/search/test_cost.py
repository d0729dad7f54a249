from dataclasses import replace
from typing import Any

from pytest import approx

from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.cost import cost_in_j
from automtl.search.standing import Standing


def _trial(sim: Any, graph: Any, seconds: float, seed: int = 0, **more: Any) -> Trial:
    phase = Phase.FINALISTS if seed else Phase.ANCHORS
    order = Order(sim.space.candidate(graph, sim.space.default()), seed, phase, **more)
    return Trial(order, replace(sim.train(order), seconds=seconds))


def test_counts_everything_in_units_of_the_all_shared_anchor(sim: Any) -> None:
    failed = Trial(_trial(sim, sim.single, 0.0, 9).order, Result(Status.FAILED, "no", seconds=5.0))
    trials = [
        _trial(sim, sim.shared, 2.0),
        _trial(sim, sim.shared, 4.0, seed=1),
        _trial(sim, sim.shared, 0.5, seed=2, fidelity=0.3),  # no full training: not the unit
        _trial(sim, sim.single, 9.5),
        failed,
    ]
    assert cost_in_j(trials, Standing(trials, sim.constants)) == approx(21.0 / 3.0)


def test_without_an_all_shared_anchor_there_is_no_unit(sim: Any) -> None:
    trials = [_trial(sim, sim.single, 2.0)]
    assert cost_in_j(trials, Standing(trials, sim.constants)) is None
    free = [_trial(sim, sim.shared, 0.0)]
    assert cost_in_j(free, Standing(free, sim.constants)) is None
