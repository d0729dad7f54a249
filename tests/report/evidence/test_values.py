import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark
from sklearn.metrics import r2_score

from automtl.report.evidence.detail import Detail
from automtl.report.evidence.values import residuals, spots, value_evidence

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(2, 60))
def test_residuals_are_summed_up(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    predicted = true + rng.standard_cauchy(n)
    found = residuals(predicted, true)
    bars = found["histogram"]
    assert sum(bars["counts"]) + bars["below"] + bars["above"] == n
    assert bars["low"] == -bars["high"]
    assert found["quantiles"] == sorted(found["quantiles"])
    assert found["quantiles"][2] == approx(np.median(predicted - true), rel=1e-3)
    assert 1 - found["relative"] ** 2 == approx(r2_score(true, predicted), rel=0.01, abs=0.01)


@mark.parametrize("n", [1, 2, 300, 301, 5000])
def test_spots_are_the_same_every_time_and_reach_the_ends(n: int) -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.normal(size=(2, n))
    found = spots(predicted, true, 300)
    assert found == spots(predicted, true, 300)
    shuffled = rng.permutation(n)
    assert found == spots(predicted[shuffled], true[shuffled], 300)
    assert len(found["true"]) == min(n, 300)
    assert found["true"] == sorted(found["true"])
    assert (found["true"][0], found["true"][-1]) == approx((true.min(), true.max()), rel=1e-3)


def test_the_worst_column_comes_first_and_a_hidden_one_is_not_there() -> None:
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(50, 3)) * [1, 100, 1]
    predictions = targets + rng.normal(size=(50, 3)) * [1, 10, 1]
    targets[:, 2] = np.nan
    found = value_evidence(predictions, targets, ["a", "b", "c"], False, Detail())["values"]
    assert found["of"] == 2
    assert [one["name"] for one in found["shown"]] == ["a", "b"]  # relative to their spreads
    assert value_evidence(predictions[:, 2:], targets[:, 2:], ["c"], False, Detail()) == {}


def test_constants_and_single_rows_are_no_trouble() -> None:
    one = residuals(np.array([3.0]), np.array([3.0]))
    assert (one["error"], one["relative"], one["mean"]) == (None, None, 0.0)
    assert sum(one["histogram"]["counts"]) == 1
