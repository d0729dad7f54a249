import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import mark

from automtl.core.balance import balance
from automtl.core.metrics import Floats
from automtl.core.metrics.label_decisions import hamming_loss, macro_f1

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, n_rows: int, n_labels: int, tilt: float = 1.0) -> tuple[Floats, Floats]:
    """Probabilities, true if ``tilt`` is 1 and too low if it is higher, and targets."""
    rng = np.random.default_rng(seed)
    true = rng.beta(0.6, 2.0, (n_rows, n_labels))
    targets = (rng.random(true.shape) < true).astype(float)
    targets[rng.random(true.shape) < 0.1] = np.nan
    return true**tilt, targets


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 60), st.integers(1, 6), st.sampled_from([0.5, 1.0, 2.0]))
def test_no_more_mistakes_than_at_even_odds_and_no_less_macro_f1(
    seed: int, n_rows: int, n_labels: int, tilt: float
) -> None:
    probabilities, targets = drawn(seed, n_rows, n_labels, tilt)
    even = (probabilities >= 0.5).astype(float)
    found = (probabilities >= np.array(balance(probabilities, targets))).astype(float)
    if np.isnan(targets).all():
        return
    mistakes, allowed = hamming_loss(found, targets), hamming_loss(even, targets)
    assert mistakes <= allowed
    if (targets == 1).any() and mistakes > 0.95 * allowed:  # else another threshold is even
        assert macro_f1(found, targets) >= macro_f1(even, targets) - 1e-12


@mark.parametrize("seed", range(3))
def test_probabilities_that_are_too_low_are_made_up_for_on_other_rows(seed: int) -> None:
    probabilities, targets = drawn(seed, 2000, 8, tilt=2.0)
    thresholds = np.array(balance(probabilities[:1000], targets[:1000]))
    elsewhere, wanted = probabilities[1000:], targets[1000:]
    even, found = ((elsewhere >= t).astype(float) for t in (0.5, thresholds))
    assert hamming_loss(found, wanted) < hamming_loss(even, wanted) + 0.01  # of other rows
    assert macro_f1(found, wanted) > macro_f1(even, wanted) + 0.05


def test_labels_without_positives_do_no_harm() -> None:
    probabilities, targets = drawn(0, 50, 3)
    targets[:, 1], targets[:, 2] = 0, np.nan
    assert np.isfinite(balance(probabilities, targets)).all()


def test_probabilities_that_a_loss_has_shifted_have_another_even_threshold() -> None:
    rng = np.random.default_rng(0)
    true = rng.random((2000, 4)) ** 2
    targets = (rng.random(true.shape) < true).astype(float)
    shifted = true**0.4  # as an asymmetric loss does it
    found = np.array(balance(shifted, targets))
    mistakes = ((shifted >= found) != (targets == 1)).mean()
    assert mistakes <= ((true >= 0.5) != (targets == 1)).mean() * 1.01
    assert mistakes < 0.9 * ((shifted >= 0.5) != (targets == 1)).mean()
