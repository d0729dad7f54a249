import math

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from automtl.core import metrics
from automtl.core.metrics import several_values


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(3, 30), st.integers(1, 4))
def test_agree_with_scikit_learn(seed: int, n_rows: int, n_targets: int) -> None:
    rng = np.random.default_rng(seed)
    predictions, targets = (
        rng.normal(size=(2, n_rows, n_targets)) * [1, 10, 100, 1000][n_targets - 1]
    )
    r2 = oracle.r2_score(targets, predictions, multioutput="raw_values")
    for metric, expected in (
        (several_values.mean_r2, r2.mean()),
        (several_values.arrmse, np.sqrt(1 - r2).mean()),
        (several_values.mean_rmse, oracle.root_mean_squared_error(targets, predictions)),
        (several_values.mean_mae, oracle.mean_absolute_error(targets, predictions)),
    ):
        assert metric(predictions, targets) == approx(expected), metric


def test_each_target_is_scored_where_it_is_there() -> None:
    rng = np.random.default_rng(0)
    predictions, targets = rng.normal(size=(2, 30, 3))
    targets[rng.random(targets.shape) < 0.3] = np.nan
    there = ~np.isnan(targets)
    single = [
        metrics.rrmse(predictions[known, column, None], targets[known, column])
        for column, known in enumerate(there.T)
    ]
    assert several_values.arrmse(predictions, targets) == approx(np.mean(single))


def test_a_target_that_does_not_vary_is_left_out() -> None:
    rng = np.random.default_rng(0)
    predictions, targets = rng.normal(size=(2, 9, 2))
    alone = several_values.arrmse(predictions[:, :1], targets[:, :1])
    targets[:, 1] = 5.0
    assert several_values.arrmse(predictions, targets) == approx(alone)
    assert math.isnan(several_values.arrmse(predictions[:, 1:], targets[:, 1:]))
