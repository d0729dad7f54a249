import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from automtl.core.cuts import EVEN, Cuts, Floats, label_cuts, pooled_cuts, shrunk

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Floats, Floats]:
    """Probabilities with ties, 0 and 1 among them, and 0/1 targets of one label."""
    rng = np.random.default_rng(seed)
    n_rows, n_values = rng.integers(0, 30), rng.integers(2, 30)
    probabilities = rng.integers(0, n_values, n_rows) / (n_values - 1)
    return probabilities, (rng.random(n_rows) < 0.4).astype(float)


@given(SEEDS)
def test_each_cut_counts_what_its_threshold_does(seed: int) -> None:
    probabilities, targets = drawn(seed)
    cuts = Cuts.of(probabilities, targets == 1)
    assert len(cuts.thresholds) == len(np.unique(probabilities)) + 1
    assert (np.diff(cuts.thresholds) < 0).all()
    for place, threshold in enumerate(cuts.thresholds):
        # a deployed model compares in single precision
        chosen = probabilities.astype(np.float32) >= np.float32(threshold)
        assert cuts.chosen[place] == chosen.sum()
        assert cuts.hits[place] == targets[chosen].sum()
        assert cuts.mistakes[place] == (chosen != targets).sum()
        assert cuts.at(threshold) == place


@given(SEEDS, st.floats(0, 1))
def test_every_threshold_does_what_its_cut_does(seed: int, threshold: float) -> None:
    probabilities, targets = drawn(seed)
    cuts = Cuts.of(probabilities, targets == 1)
    assert cuts.chosen[cuts.at(threshold)] == (probabilities >= threshold).sum()


@given(SEEDS)
def test_even_odds_are_among_the_thresholds_unless_a_probability_is_even(seed: int) -> None:
    probabilities, targets = drawn(seed)
    cuts = Cuts.of(probabilities, targets == 1)
    assert (EVEN in cuts.thresholds) == (EVEN not in probabilities)


def test_of_equal_cuts_the_best_is_the_nearest_to_even_odds() -> None:
    cuts = Cuts.of(np.array([0.1, 0.3, 0.6, 0.9]), np.zeros(4, dtype=bool))
    assert cuts.thresholds[cuts.best(np.zeros(5))] == EVEN


def test_missing_labels_are_in_no_cut() -> None:
    probabilities = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    targets = np.array([[1.0, np.nan], [np.nan, np.nan], [0.0, np.nan]])
    first, second = label_cuts(probabilities, targets)
    assert (first.chosen.tolist(), first.n_positive) == ([0, 1, 2], 1)
    assert (second.chosen.tolist(), second.n_positive) == ([0], 0)
    assert pooled_cuts(probabilities, targets).chosen.tolist() == [0, 1, 2]


def test_a_rare_label_is_drawn_to_the_common_threshold() -> None:
    rows = np.linspace(0, 1, 40)
    labels = [Cuts.of(rows, np.arange(40) < n_positive) for n_positive in (0, 30)]
    assert shrunk(labels, [0.8, 0.8], 0.2) == approx((0.2, 0.5))
