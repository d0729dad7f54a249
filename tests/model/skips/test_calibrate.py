import numpy as np
import torch
from pytest import approx, fixture
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict
from torch import nn
from torch.testing import assert_close

from automtl.model.skips.calibrate import calibrate

binary_loss = nn.functional.binary_cross_entropy_with_logits


@fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_calibration_by_squared_loss_is_about_the_identity() -> None:
    x = torch.randn(500, 6)
    noise = torch.tensor([0.1, 2.0]) * torch.randn(500, 2)
    y = x @ torch.randn(6, 2) + noise
    offsets = torch.from_numpy(
        cross_val_predict(LinearRegression(), x.numpy(), y.numpy(), cv=500)
    ).float()
    scale, shift = calibrate(offsets, lambda outputs: (outputs - y).square().mean())
    assert_close(scale[0].item(), 1.0, atol=0.01, rtol=0)
    assert_close(shift[0].item(), 0.0, atol=0.05, rtol=0)
    assert_close(scale[1].item(), 1.0, atol=0.1, rtol=0)  # a noisier target


def test_calibration_of_logits_is_logistic_regression() -> None:
    standard = torch.randn(300, 2)
    scores = standard * torch.tensor([0.01, 3.0]) + torch.tensor([0.2, -1.0])
    labels = (torch.rand(300, 2) < (2 * standard - 0.7).sigmoid()).float()
    scale, shift = calibrate(scores, lambda outputs: binary_loss(outputs, labels))
    for at in range(2):
        oracle = LogisticRegression(C=1e12, tol=1e-10, max_iter=10_000)
        one = scores[:, [at]].double().numpy()
        oracle.fit(one / one.std(), labels[:, at].numpy())
        expected = oracle.predict_proba(one / one.std())[:, 1]
        found = (scale[at] * scores[:, at] + shift[at]).sigmoid().numpy()
        np.testing.assert_allclose(found, expected, atol=0.005)


def test_scores_that_separate_the_classes_have_a_bounded_scale() -> None:
    labels = torch.arange(40)[:, None].ge(20).float()
    scale, shift = calibrate(labels, lambda outputs: binary_loss(outputs, labels))
    outputs = scale * labels + shift
    assert outputs.std() <= 31
    assert binary_loss(outputs, labels) < 0.01


def test_scores_that_mislead_are_replaced_by_a_constant() -> None:
    labels = (torch.arange(60)[:, None] % 3 == 0).float()
    scale, shift = calibrate(1 - labels, lambda outputs: binary_loss(outputs, labels))
    assert scale.item() == approx(0, abs=1e-3)
    assert shift.sigmoid().item() == approx(1 / 3, abs=1e-3)


def test_constant_scores_get_the_best_shift() -> None:
    counts = torch.full((20, 1), 4.0)
    scale, shift = calibrate(
        torch.full((20, 1), 0.3), lambda outputs: (outputs.exp() - counts * outputs).mean()
    )
    assert (scale * 0.3 + shift).exp().item() == approx(4, rel=1e-3)


def test_where_all_fails_nothing_is_changed() -> None:
    scores = torch.randn(10, 2)
    scale, shift = calibrate(scores, lambda outputs: outputs.sum() * torch.nan)
    assert torch.equal(scale, torch.ones(2))
    assert torch.equal(shift, torch.zeros(2))


def test_works_without_gradients_around() -> None:
    scores, labels = torch.randn(50, 1), (torch.rand(50, 1) < 0.3).float()
    with torch.no_grad():
        scale, _ = calibrate(scores, lambda outputs: binary_loss(outputs, labels))
    assert not scale.requires_grad
