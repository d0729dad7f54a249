import numpy as np
import torch
from numpy.typing import NDArray
from pytest import MonkeyPatch, fixture, mark
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import InputSpec
from automtl.data.features.columns import Numeric
from automtl.model.skips import linear, ridge
from automtl.model.skips.linear import LinearSkip, curve_of, fit_linear, unclip
from automtl.model.skips.ridge import STRENGTHS
from automtl.testing import assert_exports_to_onnx

Floats = NDArray[np.float64]


@fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def layout(n_numbers: int, n_flags: int = 0) -> InputSpec:
    return InputSpec(((0.0, 1.0),) * n_numbers, n_flags, ())


def clipped(values: Tensor) -> Tensor:
    """As the preprocessing clips."""
    return values / (1 + (values / 3).square()).sqrt()


def problem(n_rows: int, n_inputs: int, n_columns: int = 3) -> tuple[Tensor, Tensor]:
    """Numbers, and targets that are noisy linear functions of them, the last mostly noise."""
    x = torch.randn(n_rows, n_inputs) * torch.logspace(-1, 0.5, n_inputs)
    y = x @ torch.randn(n_inputs, n_columns) + torch.linspace(0.1, 20, n_columns) * torch.randn(
        n_rows, n_columns
    )
    return x, y


def left_out_by_hand(x: Floats, y: Floats, strength: float) -> Floats:
    """Ridge regression with an intercept, once for each row without it."""
    found = np.empty(len(y))
    for row in range(len(y)):
        others = np.arange(len(y)) != row
        xs, ys = x[others], y[others]
        centred = xs - xs.mean(0)
        gram = centred.T @ centred + len(y) * strength * np.eye(x.shape[1])
        weight = np.linalg.solve(gram, centred.T @ (ys - ys.mean()))
        found[row] = ys.mean() + (x[row] - xs.mean(0)) @ weight
    return found


def best_by_hand(x: Floats, y: Floats) -> Floats:
    """The predictions with the strength of the least squared error."""
    found = [left_out_by_hand(x, y, strength) for strength in STRENGTHS[:-1]]
    return min(found, key=lambda predictions: float(((predictions - y) ** 2).sum()))


def test_unclip_undoes_the_clipping_of_numbers_alone() -> None:
    column = Numeric("x", centre=0.0, scale=1.0, flag=False, quantiles=())
    z = np.linspace(-28, 28, 101)
    scaled = torch.tensor(column.scaled(z), dtype=torch.float32)
    both = torch.stack([scaled, scaled], dim=1)
    found = unclip(both, curve_of(2, 1))
    assert_close(found[:, 0], torch.tensor(z, dtype=torch.float32), rtol=1e-3, atol=1e-5)
    assert torch.equal(found[:, 1], scaled)


def test_unclip_is_bounded() -> None:
    assert unclip(torch.tensor([-3.0, 3.0, 3.1]), curve_of(3, 3)).abs().max() <= 31.01


@mark.parametrize(("n_rows", "n_inputs"), [(80, 6), (40, 40), (30, 50)])
def test_agrees_with_ridge_cv(n_rows: int, n_inputs: int) -> None:
    x, y = problem(n_rows, n_inputs)
    skip, offsets = fit_linear(clipped(x), y, layout(n_inputs))
    scaled = StandardScaler().fit_transform(x.double().numpy())
    alphas = n_rows * np.array(STRENGTHS[:-1])
    oracle = RidgeCV(alphas, alpha_per_target=True, store_cv_results=True, gcv_mode="eigen")
    oracle.fit(scaled, y.double().numpy())
    chosen = [float(np.mean(oracle.cv_results_[:, at], 0).min()) for at in range(3)]
    skipped = (skip.weight == 0).all(0).numpy()
    expected = np.where(skipped, y.mean(0).numpy(), oracle.predict(scaled))
    assert not skipped[0]
    np.testing.assert_allclose(skip(clipped(x)).numpy(), expected, rtol=1e-3, atol=1e-3)
    errors = (offsets - y).square().mean(0).numpy()
    np.testing.assert_allclose(errors[~skipped], np.array(chosen)[~skipped], rtol=1e-3)
    assert (errors <= np.array(chosen) * 1.001).all()


@mark.parametrize("n_inputs", [3, 20])
def test_offsets_are_of_fits_without_the_row(n_inputs: int) -> None:
    x, y = problem(12, n_inputs, n_columns=1)
    _, offsets = fit_linear(clipped(x), y, layout(n_inputs))
    scaled = StandardScaler().fit_transform(x.double().numpy())
    expected = best_by_hand(scaled, y[:, 0].double().numpy())
    np.testing.assert_allclose(offsets[:, 0].numpy(), expected, rtol=1e-3, atol=1e-3)


def test_rare_flags_are_scaled_less_than_numbers() -> None:
    flags = (torch.rand(60, 4) < torch.tensor([0.5, 0.3, 0.1, 0.05])).float()
    y = flags @ torch.tensor([[1.0], [2.0], [1.0], [3.0]]) + 0.5 * torch.randn(60, 1)
    _, offsets = fit_linear(flags, y, layout(0, n_flags=4))
    x = flags.double().numpy()
    scaled = (x - x.mean(0)) * np.sqrt(2 / x.std(0))
    expected = best_by_hand(scaled, y[:, 0].double().numpy())
    np.testing.assert_allclose(offsets[:, 0].numpy(), expected, rtol=1e-3, atol=1e-3)


def test_columns_with_missing_labels_are_fitted_as_if_alone() -> None:
    x, y = problem(50, 5)
    y[:10, 0] = torch.nan
    y[25:, 1] = torch.nan
    skip, offsets = fit_linear(clipped(x), y, layout(5))
    for column in range(3):
        alone, own = fit_linear(clipped(x), y[:, [column]], layout(5))
        assert_close(skip.weight[:, [column]], alone.weight)
        assert_close(offsets[:, [column]], own)
    everywhere = skip(clipped(x))
    assert_close(offsets[:10, 0], everywhere[:10, 0], rtol=1e-4, atol=1e-4)
    assert_close(offsets[25:, 1], everywhere[25:, 1], rtol=1e-4, atol=1e-4)
    assert not torch.isclose(offsets[10:, 0], everywhere[10:, 0], atol=1e-4).all()


def test_where_the_inputs_tell_nothing_there_is_no_skip() -> None:
    x = torch.randn(200, 30)
    y = torch.randn(200, 1)
    skip, offsets = fit_linear(clipped(x), y, layout(30))
    if not skip.weight.any():  # the mean is best: what is left out is the mean of the others
        assert_close(offsets[:, 0], (y.sum() - y[:, 0]) / 199)
    assert skip(clipped(x)).std() < 0.2 * y.std()


@mark.parametrize("labels", [0, 1, 2])
def test_few_labels_give_their_mean(labels: int) -> None:
    x, y = problem(20, 4)
    y[labels:, 1] = torch.nan
    skip, offsets = fit_linear(clipped(x), y, layout(4))
    assert offsets.isfinite().all()
    assert skip.weight.isfinite().all()
    if labels < 2:
        assert not skip.weight[:, 1].any()
        assert_close(offsets[:, 1], y[:labels, 1].sum().expand(20))


def test_constant_columns_and_targets_are_harmless() -> None:
    x, y = problem(30, 4)
    inputs = torch.cat([clipped(x), torch.full((30, 1), 0.7), torch.ones(30, 1)], dim=1)
    y[:, 1] = 5.0
    skip, offsets = fit_linear(inputs, y, layout(5, n_flags=1))
    assert not skip.weight[4:].any()
    assert_close(offsets[:, 1], torch.full((30,), 5.0))
    assert skip.weight[:4, 0].all()


def test_inputs_that_are_all_constant_give_the_mean() -> None:
    y = torch.randn(10, 1)
    skip, offsets = fit_linear(torch.ones(10, 3), y, layout(1, n_flags=2))
    assert_close(skip(torch.ones(2, 3)), y.mean().expand(2, 1))
    assert offsets.isfinite().all()


@mark.parametrize("n_inputs", [5, 60])
def test_the_size_of_blocks_does_not_matter(n_inputs: int, monkeypatch: MonkeyPatch) -> None:
    x, y = problem(50, n_inputs)
    whole, offsets = fit_linear(clipped(x), y, layout(n_inputs))
    monkeypatch.setattr(ridge, "BLOCK", 7)
    parts, same = fit_linear(clipped(x), y, layout(n_inputs))
    assert_close(parts.weight, whole.weight)
    assert_close(same, offsets)


def test_over_budget_a_part_of_the_rows_is_fitted(monkeypatch: MonkeyPatch) -> None:
    x, y = problem(400, 10, n_columns=1)
    monkeypatch.setattr(linear, "BUDGET", 1e5)
    skip, offsets = fit_linear(clipped(x), y, layout(10))
    everywhere = skip(clipped(x))
    fitted = ~torch.isclose(offsets, everywhere, rtol=1e-4, atol=1e-4)
    assert 10 < fitted.sum() < 200
    assert (y - offsets).square().mean() < 0.1 * y.var()


def test_weights_can_be_saved_and_loaded() -> None:
    x, y = problem(30, 4)
    skip, _ = fit_linear(clipped(x), y, layout(3, n_flags=1))
    empty = LinearSkip(4, 3, n_numbers=3)
    assert not empty(clipped(x)).any()
    assert list(skip.state_dict()) == ["weight", "bias"]
    empty.load_state_dict(skip.state_dict())
    assert torch.equal(empty(clipped(x)), skip(clipped(x)))
    assert not list(skip.parameters())


@mark.parametrize("n_numbers", [0, 2, 5])
def test_exports_to_onnx(n_numbers: int) -> None:
    x, y = problem(30, 5)
    skip, _ = fit_linear(clipped(x), y, layout(n_numbers, n_flags=5 - n_numbers))
    assert_exports_to_onnx(skip, clipped(x)[:6])
