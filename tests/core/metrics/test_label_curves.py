import math
from collections.abc import Callable

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.core.metrics import Floats
from automtl.core.metrics import label_curves as curves

METRICS = [
    curves.macro_auc,
    curves.micro_auc,
    curves.macro_average_precision,
    curves.micro_average_precision,
    curves.log_loss,
    curves.brier,
    curves.calibration_error,
]
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, missing: float = 0.0) -> tuple[Floats, Floats]:
    """Probabilities with ties, and targets in which every label is there and not there."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(4, 30)), int(rng.integers(2, 7)))
    predictions = rng.integers(1, 40, shape) / 40
    targets = (rng.random(shape) < 0.4).astype(float)
    targets[rng.random(shape) < missing] = np.nan
    targets[:2] = [[0.0], [1.0]]
    return predictions, rng.permuted(targets, axis=0)


def known(predictions: Floats, targets: Floats) -> list[tuple[Floats, Floats]]:
    """Targets and probabilities of each label on the rows where it is there."""
    there = ~np.isnan(targets)
    columns = zip(targets.T, predictions.T, there.T, strict=True)
    return [(wanted[rows], given[rows]) for wanted, given, rows in columns]


@settings(max_examples=40)
@given(SEEDS)
def test_agree_with_scikit_learn_where_no_label_is_missing(seed: int) -> None:
    predictions, targets = drawn(seed)
    for metric, score, average in (
        (curves.macro_auc, oracle.roc_auc_score, "macro"),
        (curves.micro_auc, oracle.roc_auc_score, "micro"),
        (curves.macro_average_precision, oracle.average_precision_score, "macro"),
        (curves.micro_average_precision, oracle.average_precision_score, "micro"),
    ):
        expected = score(targets, predictions, average=average)
        assert metric(predictions, targets) == approx(expected), metric


@settings(max_examples=40)
@given(SEEDS)
def test_agree_with_scikit_learn_on_the_labels_that_are_there(seed: int) -> None:
    predictions, targets = drawn(seed, missing=0.3)
    columns = known(predictions, targets)
    for metric, score in (
        (curves.macro_auc, oracle.roc_auc_score),
        (curves.macro_average_precision, oracle.average_precision_score),
        (curves.log_loss, oracle.log_loss),
        (curves.brier, oracle.brier_score_loss),
    ):
        expected = np.mean([score(wanted, given) for wanted, given in columns])
        assert metric(predictions, targets) == approx(expected), metric
    there = ~np.isnan(targets)
    pooled = oracle.roc_auc_score(targets[there], predictions[there])
    assert curves.micro_auc(predictions, targets) == approx(pooled)


@settings(max_examples=20)
@given(SEEDS)
def test_what_is_predicted_of_a_missing_label_does_not_matter(seed: int) -> None:
    predictions, targets = drawn(seed, missing=0.3)
    other = np.where(np.isnan(targets), 1 - predictions, predictions)
    for metric in METRICS:
        assert metric(other, targets) == metric(predictions, targets), metric


def test_labels_that_do_not_vary_are_named_and_left_out() -> None:
    predictions, targets = drawn(0)
    never, always = np.zeros((len(targets), 1)), np.ones((len(targets), 1))
    wider = np.column_stack([targets, never, always])
    more = np.column_stack([predictions, predictions[:, :2]])
    n_labels = targets.shape[1]
    assert curves.excluded(wider).tolist() == [False] * n_labels + [True, True]
    assert curves.without_positives(wider).tolist() == [False] * n_labels + [True, False]
    assert curves.macro_auc(more, wider) == curves.macro_auc(predictions, targets)
    without_never = np.column_stack([targets, always])
    assert curves.macro_average_precision(more, wider) == approx(
        curves.macro_average_precision(more[:, [*range(n_labels), -1]], without_never)
    )


def test_calibration_is_of_each_label() -> None:
    targets = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    assert curves.calibration_error(np.full((4, 2), 0.5), targets) == approx(0.0)
    assert curves.calibration_error(np.tile([0.9, 0.1], (4, 1)), targets) == approx(0.4)


@mark.parametrize("metric", METRICS)
def test_is_not_a_number_without_labels(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((2, 3)), np.full((2, 3), np.nan)))
    assert math.isnan(metric(np.zeros((0, 3)), np.zeros((0, 3))))
