from itertools import combinations
from random import Random

from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import COSTS, Objective
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.entry import Entry, Estimate
from automtl.search.front import admitted, costs, nearest, pareto_front
from automtl.search.guard import harmed

GRAPH = TaskGraph.all_shared("ab", 1)
SUBSETS = [subset for n in range(len(COSTS) + 1) for subset in combinations(COSTS, n)]


def entry(
    gain: float, parameters: int, flops: int = 0, *latencies: float, harms: bool = False
) -> Entry:
    candidate = Candidate(GRAPH, {"gain": gain, "parameters": parameters})
    trials = tuple(
        Trial(
            Order(candidate, seed, Phase.GRAPHS),
            Result(Status.DONE, parameters=parameters, flops=flops, latency_ms=latency),
        )
        for seed, latency in enumerate(latencies or (0.0,))
    )
    by_task = {"a": Estimate(gain + 0.1, None), "b": Estimate(gain - 0.1, None)}
    if harms:
        by_task["c"] = Estimate(-0.1, 0.01)
    return Entry(candidate, trials, by_task, Estimate(gain, None), "")


def some(seed: int, n: int = 30) -> list[Entry]:
    """Coarse numbers, so that there are ties."""
    rng = Random(seed)
    return [
        entry(*(rng.randrange(6) for _ in range(4)), harms=rng.random() < 0.5) for _ in range(n)
    ]


def worse(one: Entry, other: Entry, against: tuple[str, ...]) -> bool:
    """Whether ``other`` dominates ``one``, as the definition has it."""
    pairs = [(one.mean.mean, other.mean.mean), (-bool(harmed(one)), -bool(harmed(other)))]
    pairs += [(-costs(one)[name], -costs(other)[name]) for name in against]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


@mark.parametrize("against", SUBSETS)
@mark.parametrize("seed", range(5))
def test_it_is_what_nobody_dominates(seed: int, against: tuple[str, ...]) -> None:
    every = some(seed)
    front = pareto_front(every, against)
    expected = [e for e in every if not any(worse(e, other, against) for other in every)]
    assert {id(e) for e in front} == {id(e) for e in expected}
    assert front == sorted(front, key=lambda e: -e.mean.mean)
    assert pareto_front(front, against) == front


def test_a_gain_that_is_no_number_is_on_no_front() -> None:
    broken = [entry(value, 1) for value in (float("nan"), float("-inf"))]
    assert pareto_front(broken, ("parameters",)) == []
    good = entry(-0.5, 9)
    assert pareto_front([*broken, good], ("parameters",)) == [good]


def test_ten_thousand_fit() -> None:
    many = [entry(n, n) for n in range(500)] + [entry(n / 10_000, 1000) for n in range(9_500)]
    assert len(pareto_front(many, ("parameters",))) == 500


def test_of_several_trainings_the_middle_latency_counts() -> None:
    assert costs(entry(0.1, 10, 20, 1.0, 9.0, 2.0)) == {
        "parameters": 10.0, "flops": 20.0, "latency_ms": 2.0,
    }  # fmt: skip


@mark.parametrize(
    ("objective", "reason"),
    [
        (Objective(), ""),
        (Objective(max_parameters=10), ""),
        (Objective(max_parameters=9), "`parameters <= 9` must hold, but is 10"),
        (Objective(max_latency_ms=2.0), ""),
        (Objective(max_latency_ms=1.5), "`latency_ms <= 1.5` must hold, but is 2"),
        (Objective(max_loss_per_task=0.11), ""),
        (Objective(max_loss_per_task=0.05), "`loss of b <= 0.05` must hold, but is 0.1"),
    ],
)
def test_a_broken_limit_is_named_with_both_numbers(objective: Objective, reason: str) -> None:
    assert admitted(entry(0.0, 10, 20, 2.0), objective) == reason


def test_who_harms_a_task_dominates_nobody_who_harms_none() -> None:
    greedy, modest = entry(0.9, 1, harms=True), entry(0.1, 9)
    assert pareto_front([modest, greedy], ("parameters",)) == [greedy, modest]
    assert pareto_front([entry(0.9, 1), entry(0.1, 1, harms=True)], ()) == [entry(0.9, 1)]


def test_the_nearest_miss_is_told_for_each_limit() -> None:
    objective = Objective(max_parameters=9, max_loss_per_task=0.05)
    assert nearest([entry(0.0, 20), entry(-0.5, 10)], objective) == (
        "`max_parameters` is 9 and the best value found 10, "
        "`max_loss_per_task` is 0.05 and the best value found 0.1"
    )


def test_an_undefined_gain_is_not_within_a_limit() -> None:
    assert admitted(entry(float("nan"), 1), Objective(max_loss_per_task=0.5))
