import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx, mark, raises

from automtl.errors import DataError
from automtl.testing import assert_task_kind_contract
from automtl_plugins.task_kinds.regression import Regression

LABELS = np.array([3.0, 5.0, np.nan, 10.0, -2.0])
EVERYWHERE = np.ones(len(LABELS), dtype=bool)


def test_contract() -> None:
    assert_task_kind_contract(Regression, LABELS)


def test_statistics_come_from_training_rows_alone() -> None:
    kind = Regression.fit(LABELS, np.array([True, True, True, False, False]))
    assert (kind.mean, kind.std) == (4.0, 1.0)
    assert kind.constant().tolist() == [4.0]


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_decode_undoes_encode(offset: float, scale: float) -> None:
    labels = LABELS * scale + offset
    kind = Regression.fit(labels, EVERYWHERE)
    np.testing.assert_allclose(kind.decode(kind.encode(labels)), labels, rtol=1e-12)


def test_encoded_training_labels_are_standardised() -> None:
    targets = Regression.fit(LABELS, EVERYWHERE).encode(LABELS)
    assert np.nanmean(targets) == approx(0.0, abs=1e-12)
    assert np.nanstd(targets) == approx(1.0)


def test_loss_and_prediction_agree_on_what_is_perfect() -> None:
    kind = Regression.fit(LABELS, EVERYWHERE)
    targets = torch.tensor(kind.encode(LABELS)).nan_to_num()
    assert not kind.loss(targets.unsqueeze(-1), targets).any()
    predictions = kind.predict(targets.unsqueeze(-1)).numpy()
    assert kind.metrics["rmse"].error(predictions, kind.decode(targets.numpy())) < 1e-9


def test_the_constant_has_the_constant_loss() -> None:
    kind = Regression.fit(LABELS, EVERYWHERE)
    known = torch.tensor(kind.encode(LABELS[~np.isnan(LABELS)]))
    assert float(kind.loss(torch.zeros(len(known), 1), known).mean()) == approx(kind.constant_loss)


@mark.parametrize(
    ("labels", "message"),
    [
        ([np.nan, np.nan, 1.0], "labels in the training part, but found none"),
        ([0.1, 0.1, 0.3], "vary in the training part, but all 2 are 0.1"),
        ([1.0, 2.0, np.inf], "finite, but some are infinite"),
        ([1e300, -1e300, 0.0], "but got 0 and inf. Rescale them"),
        ([1e-300, -1e-300, 0.0], "but got 0 and 0. Rescale them"),
    ],
)
def test_rejects_labels_without_a_scale(labels: list[float], message: str) -> None:
    with raises(DataError, match=message):
        Regression.fit(np.array(labels), np.array([True, True, False]))
