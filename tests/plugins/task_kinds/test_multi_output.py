import numpy as np
import torch
from pytest import approx, mark, raises
from torch.testing import assert_close

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.multi_output import MultiOutput
from automtl_plugins.task_kinds.regression import Regression

NAN = np.nan
LABELS = np.array([[3.0, -100], [5, NAN], [NAN, NAN], [10, 300], [-2, 0.5]])
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(MultiOutput, LABELS)


def test_is_a_regression_of_each_column() -> None:
    kind = MultiOutput.fit(LABELS, EVERYWHERE, columns=("a", "b"))
    single = [Regression.fit(column, EVERYWHERE) for column in LABELS.T]
    assert kind.columns == ("a", "b")
    assert kind.constant() == approx([one.mean for one in single])
    targets = kind.encode(LABELS)
    alone = np.column_stack([one.encode(c) for one, c in zip(single, LABELS.T, strict=True)])
    np.testing.assert_array_equal(targets, alone)
    np.testing.assert_allclose(kind.decode(targets), LABELS, rtol=1e-12)
    outputs, wanted = torch.randn(5, 3, 2), torch.tensor(targets).nan_to_num().float()
    for place, one in enumerate(single):
        losses = kind.loss(outputs, wanted.unsqueeze(1))[..., place]
        assert_close(losses, one.loss(outputs[..., [place]], wanted[:, None, place]))
        assert_close(kind.predict(outputs)[..., [place]], one.predict(outputs[..., [place]]))


def test_the_means_have_a_relative_error_of_one() -> None:
    kind = MultiOutput.fit(LABELS, EVERYWHERE)
    predictions = np.tile(kind.constant(), (len(LABELS), 1))
    assert kind.metrics["arrmse"].score(predictions, LABELS) == approx(1.0)


@mark.parametrize(
    ("labels", "message"),
    [
        ([[1.0, 2], [2, 2]], "'b' in a multi-output task vary in the training part, but all 2 are"),
        ([[1.0, np.inf], [2, 2]], "'b' in a multi-output task are finite"),
        ([[1.0, NAN], [2, NAN]], "'b' in a multi-output task, there are labels"),
        ([[1.0], [2.0]], "two columns or more, but found one. Use the kind 'regression'"),
    ],
)
def test_rejects_labels_without_a_scale(labels: list[list[float]], message: str) -> None:
    names = ("a", "b")[: len(labels[0])]
    with raises(DataError, match=message):
        MultiOutput.fit(np.array(labels), np.ones(2, dtype=bool), columns=names)
