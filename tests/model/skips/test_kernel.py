import numpy as np
import torch
from pytest import MonkeyPatch, approx, fixture, mark
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from torch import Tensor
from torch.testing import assert_close

from automtl.model.skips import kernel, ridge
from automtl.model.skips.kernel import (
    WIDTHS,
    KernelSkip,
    choose_landmarks,
    fit_kernel,
    kernel_outputs,
    squared_distances,
)
from automtl.testing import assert_exports_to_onnx


@fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def problem(n_rows: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Numbers, and smooth functions of them that no linear one is close to."""
    x = torch.randn(n_rows, 3)
    y = torch.stack([x[:, 0].square(), (2 * x[:, 1]).sin() * x[:, 2]], dim=1)
    return x, y + noise * torch.randn(n_rows, 2)


def relative(found: Tensor, wanted: Tensor) -> float:
    """The squared error, as a share of that of the mean."""
    return float((found - wanted).square().mean() / wanted.var())


def test_distances_are_those_of_pairs() -> None:
    one, other = torch.randn(5, 3), torch.randn(4, 3)
    assert_close(squared_distances(one, other), torch.cdist(one, other).square())
    assert (squared_distances(one, one) >= 0).all()


def test_widths_are_relative_to_the_mean_distance() -> None:
    landmarks = 7 * torch.randn(40, 3) + 5
    mean = torch.cdist(landmarks, landmarks).square().mean()
    assert KernelSkip(landmarks, 1).rate == approx(1 / mean.item(), rel=1e-4)


def test_with_all_rows_as_landmarks_it_is_kernel_ridge_regression(
    monkeypatch: MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "WIDTHS", (3.0,))
    monkeypatch.setattr(kernel, "RANK", 1e-12)
    monkeypatch.setattr(ridge, "STRENGTHS", (1e-3,))
    x, y = problem(80)
    skip, _ = fit_kernel(x, y, x)
    shape = RBF(length_scale=(2 * 3.0 * skip.rate) ** -0.5)  # exp(-d / 2 l^2)
    similar = shape(x.numpy())
    centred = similar - similar.mean(0)
    # An intercept is a centred kernel. Strengths are for each of the 80 rows, and relative to
    # features whose squares sum up to 80, not to 1 as those of the kernel: both cancel out.
    oracle = KernelRidge(alpha=1e-3, kernel="precomputed")
    oracle.fit(centred - centred.mean(1, keepdims=True), (y - y.mean(0)).numpy())
    wanted = oracle.predict(centred - centred.mean(1, keepdims=True)) + y.mean(0).numpy()
    np.testing.assert_allclose(skip(x).numpy(), wanted, rtol=1e-3, atol=1e-3)


def test_it_learns_what_no_linear_function_can() -> None:
    x, y = problem(600)
    skip, offsets = fit_kernel(x[:400], y[:400], x[:300])
    new = skip(x[400:])
    assert relative(new[:, 0], y[400:, 0]) < 0.15
    assert relative(new[:, 1], y[400:, 1]) < 0.15
    assert relative(offsets[:, 0], y[:400, 0]) == approx(relative(new[:, 0], y[400:, 0]), abs=0.1)


def test_offsets_are_of_fits_without_the_row(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "WIDTHS", (1.0,))
    monkeypatch.setattr(ridge, "STRENGTHS", (1e-2,))
    x, y = problem(30)
    _, offsets = fit_kernel(x, y, x[:20])
    for row in (0, 25):
        without = y.clone()
        without[row] = torch.nan
        # The strength is for each row, so that one row less makes for a weaker one in all.
        monkeypatch.setattr(ridge, "STRENGTHS", (1e-2 * 30 / 29,))
        skip, same = fit_kernel(x, without, x[:20])
        assert_close(offsets[row], skip(x)[row], rtol=1e-3, atol=1e-3)
        assert_close(same[row], skip(x)[row])


def test_each_column_has_a_width_of_its_own() -> None:
    x = torch.randn(500, 1)
    y = torch.cat([0.3 * x, (9 * x).sin()], dim=1) + 0.05 * torch.randn(500, 2)
    skip, _ = fit_kernel(x, y, x[:200])
    used = skip.weight.abs().sum(1) > 0  # [n_widths, n_outputs]
    assert used.sum(0).tolist() == [1, 1]
    wide, narrow = used.int().argmax(0).tolist()
    assert wide < narrow == len(WIDTHS) - 1


def test_columns_with_missing_labels_are_fitted_as_if_alone() -> None:
    x, y = problem(90)
    y[:10, 0] = torch.nan
    skip, offsets = fit_kernel(x, y, x[:50])
    for column in range(2):
        alone, own = fit_kernel(x, y[:, [column]], x[:50])
        assert_close(skip(x)[:, [column]], alone(x), rtol=1e-3, atol=1e-3)
        assert_close(offsets[:, [column]], own, rtol=1e-3, atol=1e-3)
    assert_close(offsets[:10, 0], skip(x)[:10, 0])  # no offsets of their own


def test_features_of_many_rows_are_made_for_each_group_alone(monkeypatch: MonkeyPatch) -> None:
    x, y = problem(120)
    y[:90, 0] = torch.nan
    y[20:, 1] = torch.nan
    apart, offsets = fit_kernel(x, y, x[:50])  # 30 and 20 rows are fewer than 120
    monkeypatch.setattr(kernel, "BLOCK", 7)
    blocks, same = fit_kernel(x, y, x[:50])
    assert_close(apart(x), blocks(x), rtol=1e-3, atol=1e-3)
    assert_close(offsets, same, rtol=1e-3, atol=1e-3)


def test_more_rows_than_are_fitted_get_what_the_skip_gives(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "ROWS", 100)
    x, y = problem(400)
    skip, offsets = fit_kernel(x, y, x[:80])
    same = torch.isclose(offsets, skip(x), rtol=1e-6, atol=1e-6).all(1)
    assert 290 <= same.sum() <= 300
    assert relative(offsets, y) < 0.4


@mark.parametrize("labels", [0, 1, 2])
def test_few_labels_give_their_mean(labels: int) -> None:
    x, y = problem(20)
    y[labels:, 1] = torch.nan
    skip, offsets = fit_kernel(x, y, x)
    assert offsets.isfinite().all()
    assert skip.weight.isfinite().all()
    if labels < 2:
        assert_close(skip(x)[:, 1], y[:labels, 1].sum().expand(20))


def test_rows_that_are_all_alike_give_the_mean() -> None:
    y = torch.randn(10, 1)
    skip, offsets = fit_kernel(torch.ones(10, 3), y, torch.ones(4, 3))
    assert_close(skip(torch.ones(2, 3)), y.mean().expand(2, 1))
    assert offsets.isfinite().all()


def test_landmarks_are_rows_as_many_as_are_affordable(monkeypatch: MonkeyPatch) -> None:
    x, y = problem(300)
    assert_close(choose_landmarks(x, y).sort(0).values, x.sort(0).values)  # all
    assert torch.equal(choose_landmarks(x, y), choose_landmarks(x, y))
    monkeypatch.setattr(kernel, "LANDMARKS", 60)
    assert len(choose_landmarks(x, y).unique(dim=0)) == 60
    monkeypatch.setattr(kernel, "BUDGET", 1e6)
    few = len(choose_landmarks(x, y))
    assert 5 < few < 60
    y[0, 0] = torch.nan  # two regressions
    assert 5 < len(choose_landmarks(x, y)) < few


def test_skips_of_the_same_landmarks_give_together_what_each_gives() -> None:
    x, y = problem(90)
    both, one = fit_kernel(x, y, x[:50])[0], fit_kernel(x, y[:, :1] + 1, x[:50])[0]
    together = kernel_outputs([both, one], x)
    for found, skip in zip(together, (both, one), strict=True):
        assert_close(found, skip(x))


def test_weights_can_be_saved_and_loaded() -> None:
    x, y = problem(60)
    skip, _ = fit_kernel(x, y, x[:40])
    empty = KernelSkip(x[:40], 2)
    assert not empty(x).any()
    assert list(skip.state_dict()) == ["weight", "bias"]
    empty.load_state_dict(skip.state_dict())
    assert torch.equal(empty(x), skip(x))
    assert not list(skip.parameters())


def test_large_weights_cancel_out_as_they_should() -> None:
    x, y = problem(300, noise=0.0)
    skip, _ = fit_kernel(x, y, x)
    assert skip.weight.abs().max() > 10
    shuffled = torch.randperm(300)
    other = KernelSkip(x[shuffled], 2)
    other.weight.copy_(skip.weight[:, shuffled])
    other.bias.copy_(skip.bias)
    assert_close(skip(x), other(x), rtol=1e-6, atol=1e-6)


def test_exports_to_onnx() -> None:
    x, y = problem(60)
    skip, _ = fit_kernel(x, y, x[:40])
    assert_exports_to_onnx(skip, x[:6])
