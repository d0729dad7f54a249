import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from automtl.core import metrics


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 40))
def test_agree_with_scikit_learn_on_the_medians(seed: int, n_levels: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    predictions = rng.dirichlet(np.full(n_levels, 0.3), size=n_rows)
    targets = np.append(rng.integers(0, n_levels, n_rows - 2), [0, n_levels - 1])
    median = (predictions.cumsum(1)[:, :-1] < 0.5).sum(1)
    kappa = oracle.cohen_kappa_score(targets, median, labels=range(n_levels), weights="quadratic")
    assert metrics.quadratic_kappa(predictions, targets.astype(float)) == approx(kappa, abs=1e-9)
    expected = oracle.mean_absolute_error(targets, median)
    assert metrics.level_mae(predictions, targets.astype(float)) == approx(expected)


def test_the_median_is_chosen_not_the_most_probable_level() -> None:
    predictions = np.array([[0.4, 0.3, 0.3]])
    assert metrics.level_mae(predictions, np.array([1.0])) == 0.0


def test_kappa_of_a_constant_choice_is_zero() -> None:
    predictions = np.tile([0.0, 1.0, 0.0], (4, 1))
    assert metrics.quadratic_kappa(predictions, np.array([0.0, 1.0, 1.0, 2.0])) == approx(0.0)
