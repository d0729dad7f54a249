"""The contract of task kinds."""

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automtl.core.labels import chosen
from automtl.core.task import TaskKind
from automtl.testing.common import BATCH, check_named, seeded
from automtl.testing.onnx_export import assert_exports_to_onnx

ROWS = 100  # that are enough for levels to be decided in different ways


@seeded()
def assert_task_kind_contract(kind: type[TaskKind], labels: NDArray[Any], **options: Any) -> None:
    """
    Asserts of a task kind, fitted to ``labels``: its fields are JSON data that make it again; a
    missing label, and no other, becomes NaN; the loss is one number a label, or a row, and the
    prediction as long as the best constant one, also with an ensemble axis; minimising the loss
    betters the primary metric of the decoded targets; metrics, with decisions tuned, are at their
    best where they are said to be; what is decided of levels is the label that exported files give;
    the prediction exports to ONNX.

    :param labels: ``[n_rows]``, floats with NaN or strings with None where missing, of the sort
        the kind is for, with some labels missing; ``[n_rows, n_columns]`` of several columns.
    :param options: What else the kind is to be told.
    """
    check_named(kind)
    assert kind.primary in kind.metrics, f"`{kind.name}` has no metric '{kind.primary}'."
    unknown = set(kind.column_metrics) - set(kind.metrics)
    assert not unknown, f"`{kind.name}` has no metrics {sorted(unknown)} for its columns."
    if kind.several:
        options = {"columns": [f"column {place}" for place in range(labels.shape[1])], **options}
    fitted = kind.fit(labels, np.ones(len(labels), dtype=bool), **options)
    _check_json_fields(fitted)
    targets = fitted.encode(labels)
    _check_missing(fitted, labels, targets)
    known = torch.tensor(targets[_some(targets)], dtype=torch.float32)
    _check_outputs(fitted, known.nan_to_num())
    _check_learning(fitted, known)
    if fitted.ordered:
        _check_levels(fitted)
    _check_linear(fitted, targets)
    assert_exports_to_onnx(_Prediction(fitted), torch.randn(BATCH, fitted.n_outputs))


class _Prediction(nn.Module):
    """What a task kind predicts, as a module."""

    def __init__(self, kind: TaskKind) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, outputs: Tensor) -> Tensor:
        return self.kind.predict(outputs)


def _check_json_fields(fitted: TaskKind) -> None:
    fields = asdict(fitted)  # type: ignore[call-overload]
    text = json.dumps(fields)
    again = type(fitted)(**json.loads(text))
    assert json.dumps(asdict(again)) == text, f"The fields of `{fitted.name}` must be JSON data."  # type: ignore[call-overload]
    np.testing.assert_array_equal(again.constant(), fitted.constant())
    lost = "`{}` must be the same when the kind is made again from its fields."
    assert again.n_outputs == fitted.n_outputs, lost.format("n_outputs")
    assert tuple(again.classes) == tuple(fitted.classes), lost.format("classes")
    assert again.n_targets == fitted.n_targets, lost.format("n_targets")
    assert tuple(again.columns) == tuple(fitted.columns), lost.format("columns")
    assert again.decision == fitted.decision, lost.format("decision")


def _check_missing(fitted: TaskKind, labels: NDArray[Any], targets: NDArray[Any]) -> None:
    shape = (len(labels), fitted.n_targets) if fitted.several else labels.shape
    assert targets.shape == shape, f"Targets of `{fitted.name}` are {shape}, not {targets.shape}."
    missing = np.array([label is None or label != label for label in labels.ravel()])
    missing = missing.reshape(labels.shape)
    if fitted.grouped:  # without its group, or it, a row has no target
        missing |= missing.any(axis=1, keepdims=True)
    np.testing.assert_array_equal(np.isnan(targets), missing, "NaN is a missing label's target.")


def _some(targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows have a target, ``[n_rows]``."""
    return np.asarray(~np.isnan(targets).reshape(len(targets), -1).all(axis=1))


def _check_linear(fitted: TaskKind, targets: NDArray[Any]) -> None:
    found = fitted.linear(targets)
    if found is not None:
        wanted = (len(targets), fitted.n_outputs)
        assert found.shape == wanted, f"`linear` must give {wanted}, but gave {found.shape}."
        assert not np.isinf(found).any(), f"`{fitted.name}` has infinite targets of outputs."
        assert np.isnan(found[~_some(targets)]).all(), "NaN is the output of a missing label."
        assert not np.isnan(found[_some(targets)]).all(0).any(), "An output must have a target."


def _check_outputs(fitted: TaskKind, targets: Tensor) -> None:
    """Loss and prediction, without and with an ensemble axis."""
    n_values = len(fitted.constant())
    assert not fitted.classes or len(fitted.classes) == n_values, "A class is a column."
    assert 0 < fitted.constant_loss < math.inf, f"`0 < {fitted.constant_loss=} < inf` must hold."
    assert not fitted.columns or len(fitted.columns) == n_values, "A value is a column."
    width = (fitted.n_targets,) if fitted.several else ()
    for shape in ((len(targets),), (len(targets), 3)):
        outputs = torch.randn(*shape, fitted.n_outputs)
        wanted_targets = targets.view(-1, *[1] * (len(shape) - 1), *width)
        losses = fitted.loss(outputs, wanted_targets.expand(*shape, *width))
        shapes = {torch.Size((*shape, *width)), torch.Size(shape)}  # a loss of each label, or row
        assert losses.shape in shapes, f"The loss is one a label: {losses.shape}."
        assert losses.isfinite().all(), f"`{fitted.name}` has losses that are not finite."
        predictions = fitted.predict(outputs)
        wanted, found = torch.Size((*shape, n_values)), predictions.shape
        assert found == wanted, f"`{fitted.name}` must predict {wanted}, but gave {found}."
        assert predictions.isfinite().all(), f"`{fitted.name}` has predictions that are not finite."


def _check_levels(fitted: TaskKind) -> None:
    predictions = fitted.predict(torch.randn(ROWS, fitted.n_outputs)).double().numpy()
    median = np.eye(len(fitted.classes))[chosen(predictions, ordered=True)]
    message = f"`decide` of `{fitted.name}` must be 1 for the median level, 0 for others."
    np.testing.assert_array_equal(fitted.decide(predictions), median, message)


def _check_learning(fitted: TaskKind, targets: Tensor) -> None:
    """Outputs that are free to become anything must come to beat the best constant prediction."""
    outputs = torch.zeros(len(targets), fitted.n_outputs, requires_grad=True)
    optimizer = torch.optim.Adam([outputs], lr=0.1)
    there, given = ~targets.isnan(), targets.nan_to_num()
    for _ in range(100):
        optimizer.zero_grad()
        losses = fitted.loss(outputs, given)
        known = losses[there] if losses.shape == there.shape else losses
        known.mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    truth = fitted.decode(targets.double().numpy())
    learned = fitted.predict(outputs.detach()).double().numpy()
    constant = np.tile(fitted.constant(), (len(truth), 1))
    decided = fitted.tuned(learned, truth).decide(learned)
    for name, metric in fitted.metrics.items():
        error = metric.error(decided if metric.decided else learned, truth)
        assert error >= 0 or math.isnan(error), f"`{name}` has the error {error}."
    metric = fitted.metrics[fitted.primary]
    better = metric.error(learned, truth) < metric.error(constant, truth)
    assert better, f"Less loss of `{fitted.name}` must mean a better '{fitted.primary}'."
