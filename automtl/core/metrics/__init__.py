"""
Metrics: scores of predictions against labels that are there.

The scores of tasks with one column are names of this package: predictions are
``[n_rows, n_classes]`` probabilities or ``[n_rows, 1]`` values; targets are ``[n_rows]`` class
indices or values. Those of tasks with several columns are in its modules `label_decisions`,
`label_curves`, `label_ranks`, `several_values` and `queries`. A score is NaN where the targets do
not define it.
"""

from automtl.core.metrics._shared import TINY, Floats
from automtl.core.metrics.classes import (
    accuracy,
    average_precision,
    balanced_accuracy,
    brier,
    calibration_error,
    f1,
    log_loss,
    macro_f1,
    macro_roc_auc,
    matthews,
    precision,
    recall,
    roc_auc,
)
from automtl.core.metrics.label_curves import excluded
from automtl.core.metrics.levels import level_mae, quadratic_kappa
from automtl.core.metrics.values import mae, poisson_deviance, r2, rmse, rrmse

__all__ = [
    "TINY",
    "Floats",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_error",
    "excluded",
    "f1",
    "level_mae",
    "log_loss",
    "macro_f1",
    "macro_roc_auc",
    "mae",
    "matthews",
    "poisson_deviance",
    "precision",
    "quadratic_kappa",
    "r2",
    "recall",
    "rmse",
    "roc_auc",
    "rrmse",
]
