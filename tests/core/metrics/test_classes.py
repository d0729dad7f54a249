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
def classified(draw: DrawFn, n_classes: int = 2) -> Scored:
    """Probabilities with many ties, and targets in which every class occurs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows = draw(st.integers(n_classes, 40))
    weights = rng.integers(1, draw(st.integers(2, 50)), size=(n_rows, n_classes))
    targets = rng.permutation(np.arange(n_rows) % n_classes)
    return weights / weights.sum(1, keepdims=True), targets.astype(float)


@settings(max_examples=50)
@given(classified())
def test_binary_metrics_agree_with_scikit_learn(scored: Scored) -> None:
    predictions, targets = scored
    positive, chosen = predictions[:, 1], predictions.argmax(1)
    for metric, expected in (
        (metrics.log_loss, oracle.log_loss(targets, predictions)),
        (metrics.brier, oracle.brier_score_loss(targets, positive)),
        (metrics.accuracy, oracle.accuracy_score(targets, chosen)),
        (metrics.balanced_accuracy, oracle.balanced_accuracy_score(targets, chosen)),
        (metrics.roc_auc, oracle.roc_auc_score(targets, positive)),
        (metrics.f1, oracle.f1_score(targets, chosen)),
        (metrics.precision, oracle.precision_score(targets, chosen, zero_division=0)),
        (metrics.recall, oracle.recall_score(targets, chosen)),
        (metrics.matthews, oracle.matthews_corrcoef(targets, chosen)),
        (metrics.macro_roc_auc, oracle.roc_auc_score(targets, positive)),
        (metrics.average_precision, oracle.average_precision_score(targets, positive)),
    ):
        assert metric(predictions, targets) == approx(expected, abs=1e-12), metric


@settings(max_examples=50)
@given(st.integers(2, 5).flatmap(classified))
def test_multiclass_metrics_agree_with_scikit_learn(scored: Scored) -> None:
    predictions, targets = scored
    chosen, labels = predictions.argmax(1), list(range(predictions.shape[1]))
    brier = oracle.brier_score_loss(targets, predictions, labels=labels, scale_by_half=True)
    for metric, expected in (
        (metrics.log_loss, oracle.log_loss(targets, predictions, labels=labels)),
        (metrics.brier, brier),
        (metrics.accuracy, oracle.accuracy_score(targets, chosen)),
        (metrics.balanced_accuracy, oracle.balanced_accuracy_score(targets, chosen)),
        (metrics.macro_f1, oracle.f1_score(targets, chosen, average="macro")),
        (metrics.matthews, oracle.matthews_corrcoef(targets, chosen)),
    ):
        assert metric(predictions, targets) == approx(expected, abs=1e-12), metric


@mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_classes_absent_from_the_targets_count_as_in_scikit_learn() -> None:
    predictions, targets = np.eye(4)[[0, 2, 2, 0]], np.array([0.0, 2.0, 0.0, 0.0])
    chosen = predictions.argmax(1)
    expected = oracle.balanced_accuracy_score(targets, chosen)
    assert metrics.balanced_accuracy(predictions, targets) == approx(expected)
    assert metrics.macro_f1(predictions, targets) == approx(
        oracle.f1_score(targets, chosen, average="macro")
    )


def test_a_wrong_and_certain_prediction_costs_a_finite_log_loss() -> None:
    certain = np.array([[1.0, 0.0]])
    expected = oracle.log_loss([1.0], certain.astype(np.float32), labels=[0, 1])
    assert metrics.log_loss(certain, np.array([1.0])) == approx(expected, rel=1e-6)
    assert metrics.log_loss(certain, np.array([0.0])) == 0.0


@given(classified())
def test_roc_auc_depends_on_the_order_alone(scored: Scored) -> None:
    predictions, targets = scored
    assert metrics.roc_auc(predictions**3, targets) == approx(metrics.roc_auc(*scored))
    assert metrics.roc_auc(-predictions, targets) == approx(1 - metrics.roc_auc(*scored))


@mark.parametrize(
    ("metric", "one_class"),
    [
        (metrics.roc_auc, 0.0),
        (metrics.roc_auc, 1.0),
        (metrics.average_precision, 0.0),
        (metrics.f1, 0.0),
        (metrics.precision, 0.0),
        (metrics.recall, 0.0),
        (metrics.matthews, 0.0),
        (metrics.macro_roc_auc, 1.0),
        (metrics.quadratic_kappa, 1.0),
    ],
)
def test_is_not_a_number_where_one_class_does_not_define_it(
    metric: Callable[[Floats, Floats], float], one_class: float
) -> None:
    assert math.isnan(metric(np.full((3, 2), 0.5), np.full(3, one_class)))


@mark.parametrize(
    "metric",
    [
        metrics.log_loss,
        metrics.brier,
        metrics.accuracy,
        metrics.balanced_accuracy,
        metrics.roc_auc,
        metrics.f1,
        metrics.macro_f1,
        metrics.average_precision,
        metrics.macro_roc_auc,
        metrics.precision,
        metrics.recall,
        metrics.matthews,
        metrics.calibration_error,
        metrics.level_mae,
        metrics.quadratic_kappa,
    ],
)
def test_is_not_a_number_without_targets(metric: Callable[[Floats, Floats], float]) -> None:
    assert math.isnan(metric(np.zeros((0, 2)), np.zeros(0)))


@settings(max_examples=30)
@given(classified(n_classes=4))
def test_the_area_of_several_classes_agrees_with_scikit_learn(scored: Scored) -> None:
    predictions, targets = scored
    expected = oracle.roc_auc_score(targets, predictions, multi_class="ovr")
    assert metrics.macro_roc_auc(predictions, targets) == approx(expected)
    # a class that is not there is left out
    wider = np.column_stack([predictions, np.zeros(len(targets))])
    assert metrics.macro_roc_auc(wider, targets) == approx(expected)


@settings(max_examples=30)
@given(classified(n_classes=3))
def test_the_calibration_error_is_the_mean_gap_of_the_bins(scored: Scored) -> None:
    predictions, targets = scored
    confidence, right = predictions.max(1), predictions.argmax(1) == targets
    bins = np.digitize(confidence, np.arange(1, 15) / 15)
    expected = sum(
        (bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean())
        for b in np.unique(bins)
    )
    assert metrics.calibration_error(predictions, targets) == approx(expected, abs=1e-9)


def test_confidence_that_is_right_as_often_is_calibrated() -> None:
    predictions, targets = np.tile([0.25, 0.75], (8, 1)), np.array([1.0] * 6 + [0.0] * 2)
    assert metrics.calibration_error(predictions, targets) == approx(0.0)
    assert metrics.calibration_error(predictions, 1 - targets) == approx(0.5)
