"""Short trainings count as far as they rank graphs like full ones."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from pytest import approx, mark
from scipy.stats import spearmanr  # type: ignore[import-untyped]

from automtl.core.objective import mean_gain
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.budget import Budget
from automtl.search.fidelity import MIN_CORRELATION, N_PAIRS, REDUCTION, Calibration, spearman

SHORT = 0.3


def _exact(sim: Any) -> Any:
    """Short trainings that rank graphs exactly like full ones: the same but for a factor."""

    def train(order: Order) -> Result:
        result = sim.train(replace(order, fidelity=1.0, warm=""))
        factor = 1.0 if order.fidelity == 1 else 1.3
        return replace(result, errors={t: factor * e for t, e in result.errors.items()})

    return train


def _reversed(sim: Any) -> Any:
    """Short trainings that rank graphs the other way round."""

    def train(order: Order) -> Result:
        result = sim.train(replace(order, fidelity=1.0, warm=""))
        if order.fidelity == 1:
            return result
        return replace(result, errors={t: sim.constants[t] - e for t, e in result.errors.items()})

    return train


def _short(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.order.fidelity == SHORT]


@mark.parametrize("n", [2, 4, 9])
def test_the_correlation_is_spearmans(n: int) -> None:
    rng = Random(n)
    first, second = ([float(rng.randrange(5)) for _ in range(n)] for _ in range(2))
    first[0], first[-1], second[0], second[-1] = -1.0, 9.0, -1.0, 9.0
    assert spearman(first, second) == approx(spearmanr(first, second).statistic)


def test_the_correlation_of_nothing_is_not_defined() -> None:
    assert spearman([], []) is None
    assert spearman([1.0], [1.0]) is None
    assert spearman([1.0, 1.0], [1.0, 2.0]) is None


def test_few_pairs_prove_nothing() -> None:
    pairs = [(float(i), float(i)) for i in range(N_PAIRS)]
    assert Calibration.of(pairs) == Calibration(tuple(pairs), approx(1.0), True)  # type: ignore[arg-type]
    assert not Calibration.of(pairs[:-1]).holds
    assert not Calibration.of([(0.0, 0.0)] * N_PAIRS).holds
    assert not Calibration.of([(-a, b) for a, b in pairs]).holds


def test_the_first_graphs_are_trained_both_ways(sim: Any) -> None:
    director = sim.direct(Budget(40, None, 3), fidelity=SHORT)
    graphs = [t for t in sim.walk(director) if t.phase is Phase.GRAPHS]
    zero, first = graphs[0], graphs[1 : 1 + 2 * N_PAIRS]
    assert director.standing.single is not None
    assert zero.candidate == director.standing.single.candidate
    assert [trial.order.fidelity for trial in graphs[:9]] == [SHORT] + [SHORT, 1.0] * N_PAIRS
    for short, full in zip(first[::2], first[1::2], strict=True):
        assert short.candidate == full.candidate
    assert director.standing.shared is not None
    assert {t.order.warm for t in _short(graphs)} == {director.standing.shared.order.key}


def test_where_the_check_holds_the_best_third_is_promoted(sim: Any) -> None:
    director = sim.direct(Budget(60, None, 1), fidelity=SHORT)
    trials = sim.walk(director, _exact(sim))
    calibration = director.calibration
    assert calibration is not None
    assert calibration.holds
    assert calibration.correlation == approx(1.0)
    short, full = _short(trials)[1:], {t.candidate for t in trials if t.order.fidelity == 1}
    assert len(short) > 25
    promoted = [trial for trial in short[N_PAIRS:] if trial.candidate in full]
    assert 0 < len(promoted) < len(short) / 2  # whatever was in the top third at some moment
    assert len(calibration.pairs) == N_PAIRS + len(promoted)
    # The budget may end before the last ones are promoted.
    errors = {t.candidate: director.standing.relative(t) for t in short[:-REDUCTION]}
    best = sorted(errors, key=lambda one: errors[one])[: len(short) // REDUCTION - 1]
    assert {*best} <= full


def test_where_it_fails_all_are_trained_in_full(sim: Any) -> None:
    director = sim.direct(Budget(40, None, 1), fidelity=SHORT)
    trials = sim.walk(director, _reversed(sim))
    assert director.calibration is not None
    assert not director.calibration.holds
    assert len(_short(trials)) == 1 + N_PAIRS
    assert all(trial.order.fidelity == 1 for trial in trials[-15:])


def test_a_check_that_fails_later_ends_it_too(sim: Any) -> None:
    right, wrong = _exact(sim), _reversed(sim)
    n_short = 0

    def train(order: Order) -> Result:
        nonlocal n_short
        n_short += order.fidelity < 1
        return (right if n_short <= 1 + N_PAIRS else wrong)(order)

    director = sim.direct(Budget(80, None, 1), fidelity=SHORT)
    trials = sim.walk(director, train)
    assert director.calibration is not None
    assert len(director.calibration.pairs) > N_PAIRS
    assert not director.calibration.holds
    assert director.calibration.correlation is not None
    assert director.calibration.correlation < MIN_CORRELATION
    assert all(trial.order.fidelity == 1 for trial in trials[-10:])


def test_short_trainings_that_fail_do_not_stop_the_search(sim: Any) -> None:
    def train(order: Order) -> Result:
        return Result(Status.FAILED, "no checkpoint") if order.fidelity < 1 else sim.train(order)

    director = sim.direct(Budget(40, None, 1), fidelity=SHORT)
    trials = sim.walk(director, train)
    assert len(trials) == 40
    assert len(_short(trials)) == 1 + 2 * N_PAIRS
    assert director.calibration is not None
    assert not director.calibration.holds


def test_only_full_trainings_rank_and_become_finalists(sim: Any) -> None:
    director = sim.direct(Budget(60, None, 3), fidelity=SHORT)
    trials = sim.walk(director, _exact(sim))
    full = {t.candidate for t in trials if t.order.fidelity == 1 and t.phase is Phase.GRAPHS}
    assert {entry.candidate for entry in director.standing.ranking if not entry.anchor} <= full | {
        t.candidate for t in trials if t.phase is Phase.ANCHORS
    }
    anchors = {entry.candidate for entry in director.standing.ranking if entry.anchor}
    finals = {trial.candidate for trial in trials if trial.phase is Phase.FINALISTS}
    assert finals - anchors
    assert finals - anchors <= full


@mark.parametrize("make", [_exact, _reversed])
def test_the_searcher_hears_of_short_trainings_where_no_full_one_says_more(
    sim: Any, make: Any
) -> None:
    director = sim.direct(Budget(60, None, 1), fidelity=SHORT)
    trials = sim.walk(director, make(sim))
    assert director.searcher is not None
    assert director.calibration is not None
    full = {t.candidate for t in trials if t.order.fidelity == 1}
    told = [telling.candidate for telling in director.searcher.history]
    assert len(told) == len({*told})
    expected = {t.candidate for t in trials} if director.calibration.holds else full
    assert {*told} == expected
    zero = _short(trials)[0].result.errors
    for telling in director.searcher.history:
        if telling.candidate not in full:
            trial = next(t for t in trials if t.candidate == telling.candidate)
            gains = {t: (zero[t] - e) / zero[t] for t, e in trial.result.errors.items()}
            assert telling.gains is not None
            assert mean_gain(telling.gains) == approx(mean_gain(gains))


@mark.parametrize("workers", [2, 6])
def test_with_workers_nothing_is_doubled(sim: Any, workers: int) -> None:
    director = sim.direct(Budget(50, None, 3), fidelity=SHORT)
    trials = sim.walk(director, _exact(sim), workers, Random(0))
    assert len({trial.order.key for trial in trials}) == len(trials) == 50


def test_one_task_has_nobody_to_be_warmed_by(sim: Any) -> None:
    director = sim.direct(
        Budget(20, None, 1), {"a": 1.0}, fidelity=SHORT, affinity=lambda trial: None
    )
    assert not _short(sim.walk(director))
    assert director.calibration is None
