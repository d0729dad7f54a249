from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.members import ensemble_members
from automtl.search.standing import Standing

CONSTANTS = {"a": 1.0, "b": 1.0}
SINGLE = Candidate(TaskGraph.single_task("ab", 1), {"block": "mlp"})
BEST, HARMFUL, LUCKY = (
    Candidate(TaskGraph.all_shared("ab", 1), {"block": name}) for name in ("best", "bad", "lucky")
)


def trial(candidate: Candidate, seed: int, a: float, b: float) -> Trial:
    phase = Phase.ANCHORS if candidate == SINGLE and not seed else Phase.FINALISTS
    result = Result(Status.DONE, errors={"a": a, "b": b}, parameters=10, latency_ms=1.0)
    return Trial(Order(candidate, seed, phase), result)


TRIALS = [
    *(trial(SINGLE, seed, 0.5, 0.5) for seed in range(3)),
    *(trial(BEST, seed, 0.4 - 0.01 * seed, 0.4) for seed in range(3)),
    *(trial(HARMFUL, seed, 0.1, 0.6) for seed in range(3)),
    trial(LUCKY, 0, 0.1, 0.1),
]


@mark.parametrize("count", range(1, 10))
def test_the_winners_best_seeds_come_first_and_nobody_who_harms(count: int) -> None:
    members = ensemble_members(Standing(TRIALS, CONSTANTS), count)
    everyone = [(BEST, 2), (BEST, 1), (BEST, 0), (SINGLE, 0), (SINGLE, 1), (SINGLE, 2)]
    assert [(m.candidate, m.seed) for m in members] == everyone[:count]


@mark.parametrize(
    "objective",
    [Objective(max_parameters=25), Objective(max_latency_ms=2.5)],
)
def test_all_together_they_keep_the_limits(objective: Objective) -> None:
    members = ensemble_members(Standing(TRIALS, CONSTANTS, objective), 5)
    assert [m.candidate for m in members] == [BEST, BEST]


def test_without_a_winner_there_is_no_ensemble() -> None:
    assert ensemble_members(Standing(TRIALS, CONSTANTS, Objective(max_parameters=1)), 3) == []
