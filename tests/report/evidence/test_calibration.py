import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from sklearn.calibration import calibration_curve

from automtl.core.metrics import label_curves
from automtl.report.evidence.calibration import N_BINS, calibration, mean_bins

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_bins_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = rng.random(200)
    happened = rng.random(200) < probabilities**2
    found = calibration(probabilities, happened, "it")
    observed, predicted = calibration_curve(happened, probabilities, n_bins=N_BINS)
    assert found["observed"] == approx(observed, rel=1e-3)
    assert found["predicted"] == approx(predicted, rel=1e-3)
    assert sum(found["count"]) == 200


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_gap_is_that_of_the_metric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities, happened = rng.random(50), rng.random(50) < 0.5
    columns = probabilities[:, None], happened[:, None].astype(float)
    gap = calibration(probabilities, happened, "it")["gap"]
    assert gap == approx(label_curves.calibration_error(*columns), abs=1e-3)


def test_certainty_has_a_bin() -> None:
    found = calibration(np.array([0.0, 1.0]), np.array([False, True]), "it")
    assert found["count"] == [1, 1]
    assert found["gap"] == 0


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 60), st.integers(1, 8))
def test_bins_of_means_keep_all_rows_and_the_overall_means(seed: int, n: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    predicted, true = rng.integers(0, levels, n).astype(float), rng.random(n)
    found = mean_bins(predicted, true)
    count = np.array(found["count"])
    assert len(count) <= 10
    assert count.sum() == n
    assert (count * found["observed"]).sum() / n == approx(true.mean(), rel=1e-3)
    assert found["predicted"] == sorted(found["predicted"])
