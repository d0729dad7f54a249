import math
from collections.abc import Callable

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.core.metrics import Floats
from automtl.core.metrics import label_ranks as ranks

METRICS = [
    ranks.ranking_loss,
    ranks.coverage_error,
    ranks.one_error,
    ranks.label_ranking_average_precision,
]
ORACLES = [
    (ranks.ranking_loss, oracle.label_ranking_loss),
    (ranks.coverage_error, oracle.coverage_error),
    (
        ranks.label_ranking_average_precision,
        oracle.label_ranking_average_precision_score,
    ),
]
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Floats, Floats]:
    """Probabilities with ties, and targets of all sorts of rows."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 20)), int(rng.integers(2, 9)))
    targets = (rng.random(shape) < rng.random((shape[0], 1))).astype(float)
    return rng.integers(0, rng.integers(2, 30), shape) / 30, targets


@settings(max_examples=60)
@given(SEEDS)
def test_agree_with_scikit_learn_where_no_label_is_missing(seed: int) -> None:
    predictions, targets = drawn(seed)
    for metric, score in ORACLES:
        assert metric(predictions, targets) == approx(score(targets, predictions)), metric


@settings(max_examples=60)
@given(SEEDS)
def test_each_row_counts_as_if_it_had_no_other_labels_than_those_there(seed: int) -> None:
    predictions, targets = drawn(seed)
    targets[np.random.default_rng(seed).random(targets.shape) < 0.4] = np.nan
    there = ~np.isnan(targets)
    for metric in METRICS:
        each = [
            metric(given[None, known], wanted[None, known])
            for given, wanted, known in zip(predictions, targets, there, strict=True)
            if known.any()
        ]
        defined = [value for value in each if not math.isnan(value)]
        expected = np.mean(defined) if defined else math.nan
        assert metric(predictions, targets) == approx(expected, nan_ok=True), metric


def test_one_error_shares_a_tie_and_leaves_out_rows_without_a_positive() -> None:
    predictions = np.array([[0.9, 0.1, 0.2], [0.9, 0.9, 0.2], [0.1, 0.2, 0.3], [0.5, 0.4, 0.3]])
    targets = np.array([[1.0, 0, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]])
    assert ranks.one_error(predictions, targets) == approx((0 + 0.5 + 1) / 3)


@mark.parametrize("metric", METRICS)
def test_is_not_a_number_without_labels(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((2, 3)), np.full((2, 3), np.nan)))
    assert math.isnan(metric(np.zeros((0, 3)), np.zeros((0, 3))))
