import math
from collections.abc import Callable

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.core.metrics import Floats
from automtl.core.metrics import label_decisions as decisions

METRICS = [
    decisions.hamming_loss,
    decisions.subset_accuracy,
    decisions.micro_f1,
    decisions.macro_f1,
    decisions.weighted_f1,
    decisions.samples_f1,
]
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Floats, Floats]:
    """Decisions and targets, in which every label is there once at least."""
    rng = np.random.default_rng(seed)
    chosen, there = rng.random((2, *rng.integers(1, 20, 2))) < rng.random()
    there[rng.integers(len(there))] = True
    return chosen.astype(float), there.astype(float)


@settings(max_examples=60)
@given(SEEDS)
def test_agree_with_scikit_learn_where_no_label_is_missing(seed: int) -> None:
    chosen, there = drawn(seed)
    chosen, there = np.pad(chosen, [(0, 0), (0, 1)]), np.pad(there, [(0, 0), (0, 1)])
    chosen[0, -1] = there[0, -1] = 1  # two labels at least: one is no multi-label problem
    for metric, expected in (
        (decisions.hamming_loss, oracle.hamming_loss(there, chosen)),
        (decisions.subset_accuracy, oracle.accuracy_score(there, chosen)),
        (decisions.micro_f1, oracle.f1_score(there, chosen, average="micro")),
        (decisions.macro_f1, oracle.f1_score(there, chosen, average="macro")),
        (decisions.weighted_f1, oracle.f1_score(there, chosen, average="weighted")),
        (
            decisions.samples_f1,
            oracle.f1_score(there, chosen, average="samples", zero_division=1),
        ),
    ):
        assert metric(chosen, there) == approx(expected), metric


@settings(max_examples=30)
@given(SEEDS)
def test_the_decision_on_a_missing_label_does_not_matter(seed: int) -> None:
    chosen, there = drawn(seed)
    missing = np.random.default_rng(seed).random(there.shape) < 0.3
    targets = np.where(missing, np.nan, there)
    for metric in METRICS:
        found, other = (
            metric(chosen, targets),
            metric(np.where(missing, 1 - chosen, chosen), targets),
        )
        assert found == approx(other, nan_ok=True), metric
        rows = np.vstack([targets, np.full((1, there.shape[1]), np.nan)])
        more = metric(np.vstack([chosen, chosen[:1]]), rows)
        assert more == approx(found, nan_ok=True), metric


@settings(max_examples=30)
@given(SEEDS)
def test_macro_f1_is_the_mean_over_labels_of_what_is_there(seed: int) -> None:
    chosen, there = drawn(seed)
    missing = np.random.default_rng(seed).random(there.shape) < 0.3
    targets = np.where(missing, np.nan, there)
    each = [
        oracle.f1_score(there[~gone, label], chosen[~gone, label])
        for label, gone in enumerate(missing.T)
        if there[~gone, label].any()
    ]
    expected = np.mean(each) if each else math.nan
    assert decisions.macro_f1(chosen, targets) == approx(expected, nan_ok=True)


def test_subset_accuracy_asks_for_the_labels_that_are_there() -> None:
    targets = np.array([[1, np.nan], [0, 1], [np.nan, np.nan]])
    assert decisions.subset_accuracy(np.array([[1.0, 1], [1, 1], [0, 0]]), targets) == 0.5


@mark.parametrize("metric", METRICS)
def test_is_not_a_number_without_labels(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((2, 3)), np.full((2, 3), np.nan)))
    assert math.isnan(metric(np.zeros((0, 3)), np.zeros((0, 3))))


@mark.parametrize("metric", [decisions.micro_f1, decisions.macro_f1, decisions.weighted_f1])
def test_is_not_a_number_without_a_positive(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.ones((2, 3)), np.zeros((2, 3))))
