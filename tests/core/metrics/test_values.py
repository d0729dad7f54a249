import math
from collections.abc import Callable

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from pytest import approx, mark

from automtl.core import metrics
from automtl.core.metrics import Floats

Scored = tuple[Floats, Floats]  # predictions and targets


@st.composite
def valued(draw: DrawFn) -> Scored:
    """Predictions and targets of several scales; the targets vary."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows, scale = draw(st.integers(2, 40)), draw(st.sampled_from([1e-3, 1.0, 1e6]))
    return rng.normal(size=(n_rows, 1)) * scale, rng.normal(size=n_rows) * scale


@settings(max_examples=50)
@given(valued())
def test_regression_metrics_agree_with_scikit_learn(scored: Scored) -> None:
    predictions, targets = scored
    assert metrics.rmse(*scored) == approx(oracle.root_mean_squared_error(targets, predictions))
    assert metrics.mae(*scored) == approx(oracle.mean_absolute_error(targets, predictions))
    r2 = oracle.r2_score(targets, predictions)
    assert metrics.r2(*scored) == approx(r2, abs=1e-12)
    assert metrics.rrmse(*scored) == approx(math.sqrt(1 - r2))


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_poisson_deviance_agrees_with_scikit_learn(seed: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    rates, targets = rng.uniform(1e-3, 50, (n_rows, 1)), rng.poisson(3, n_rows).astype(float)
    expected = oracle.mean_poisson_deviance(targets, rates[:, 0])
    assert metrics.poisson_deviance(rates, targets) == approx(expected)


def test_poisson_deviance_is_zero_where_rates_are_right_and_finite_where_they_are_zero() -> None:
    targets = np.array([0.0, 3.0])
    assert metrics.poisson_deviance(targets[:, None], targets) == approx(0.0, abs=1e-6)
    assert math.isfinite(metrics.poisson_deviance(np.zeros((2, 1)), targets))


def test_the_mean_has_a_relative_error_of_one() -> None:
    targets = np.array([1.0, 2.0, 6.0])
    assert metrics.rrmse(np.full((3, 1), 3.0), targets) == approx(1.0)


@mark.parametrize("metric", [metrics.r2, metrics.rrmse])
def test_targets_that_do_not_vary_define_no_share(
    metric: Callable[[Floats, Floats], float],
) -> None:
    assert math.isnan(metric(np.ones((3, 1)), np.full(3, 0.1)))


@mark.parametrize(
    "metric", [metrics.rmse, metrics.mae, metrics.r2, metrics.rrmse, metrics.poisson_deviance]
)
def test_is_not_a_number_without_targets(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((0, 1)), np.zeros(0)))
