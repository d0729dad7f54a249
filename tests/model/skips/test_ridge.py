import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import MonkeyPatch, approx, fixture, mark
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.linear_model import RidgeCV
from torch import Tensor
from torch.testing import assert_close

from automtl.data.features.sparse import SparseArray
from automtl.model.inputs import SparseRows
from automtl.model.skips import ridge as module
from automtl.model.skips.ridge import (
    BUDGET,
    STRENGTHS,
    Ridge,
    Table,
    affordable,
    cost,
    groups_of,
    ridge,
    some_of,
)

SHAPES = [(40, 5), (12, 12), (13, 12), (9, 30)]  # more rows, as many, one more, fewer
CPU = torch.device("cpu")


@fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def problem(n_rows: int, n_columns: int, n_targets: int = 2) -> tuple[Tensor, Tensor]:
    """Columns far from zero, and noisy linear functions of them."""
    x = torch.randn(n_rows, n_columns, dtype=torch.float64) + 3
    y = x @ torch.randn(n_columns, n_targets, dtype=torch.float64)
    return x, y + torch.linspace(0.5, 5, n_targets) * torch.randn(n_rows, n_targets)


def fitted(x: Tensor, y: Tensor) -> Ridge:
    return ridge(Table.of(x), torch.arange(len(x)), y)


def only(monkeypatch: MonkeyPatch, *strengths: float) -> None:
    monkeypatch.setattr(module, "STRENGTHS", strengths)


def without_each(x: Tensor, y: Tensor, alpha: float) -> NDArray[np.float64]:
    """What scikit-learn predicts of each row, having been fitted to the others."""
    found = []
    for row in range(len(x)):
        others = np.arange(len(x)) != row
        model = SklearnRidge(alpha).fit(x[others].numpy(), y[others].numpy())
        found.append(model.predict(x[row : row + 1].numpy())[0])
    return np.array(found)


@mark.parametrize("shape", SHAPES)
@mark.parametrize("strength", [1e-3, 1.0, 100.0])
def test_of_one_strength_it_is_ridge_regression_and_leaves_each_row_out(
    shape: tuple[int, int], strength: float, monkeypatch: MonkeyPatch
) -> None:
    only(monkeypatch, strength)
    x, y = problem(*shape)
    found = fitted(x, y)
    alpha = len(x) * strength
    oracle = SklearnRidge(alpha).fit(x.numpy(), y.numpy())
    np.testing.assert_allclose(found.weight.numpy(), oracle.coef_.T, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.bias.numpy(), oracle.intercept_, rtol=1e-6)
    expected = without_each(x, y, alpha)
    np.testing.assert_allclose(found.left_out.numpy(), expected, rtol=1e-6, atol=1e-8)


@mark.parametrize("shape", SHAPES)
def test_each_target_has_the_strength_that_scikit_learn_chooses(shape: tuple[int, int]) -> None:
    x, y = problem(*shape, n_targets=4)
    alphas = len(x) * np.array(STRENGTHS[:-1])
    oracle = RidgeCV(alphas, alpha_per_target=True, store_cv_results=True).fit(x, y)
    errors = oracle.cv_results_.mean(0)  # [n_targets, n_strengths]
    mean_of_others = (y.sum(0) - y) / (len(y) - 1)
    constant = (y - mean_of_others).square().mean(0).numpy()
    found = fitted(x, y)
    own = (y - found.left_out).square().mean(0).numpy()
    np.testing.assert_allclose(own, np.minimum(errors.min(1), constant), rtol=1e-6)
    learned = errors.min(1) < constant
    assert learned.any()
    np.testing.assert_allclose(
        found.weight.T.numpy()[learned], oracle.coef_[learned], rtol=1e-5, atol=1e-7
    )


@mark.parametrize("shape", SHAPES)
def test_the_last_strength_is_the_mean_of_the_others(
    shape: tuple[int, int], monkeypatch: MonkeyPatch
) -> None:
    only(monkeypatch, math.inf)
    x, y = problem(*shape)
    found = fitted(x, y)
    assert not found.weight.any()
    assert_close(found.bias, y.mean(0))
    assert_close(found.left_out, (y.sum(0) - y) / (len(y) - 1))


def test_hardly_any_strength_is_least_squares(monkeypatch: MonkeyPatch) -> None:
    only(monkeypatch, 1e-14)
    x, y = problem(30, 4)
    design = torch.cat([x, torch.ones(30, 1)], dim=1)
    expected = torch.linalg.lstsq(design, y).solution
    found = fitted(x, y)
    assert_close(torch.cat([found.weight, found.bias[None]]), expected)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 12), st.integers(1, 12), st.floats(-100, 100), st.floats(0.01, 100))
def test_targets_may_be_shifted_and_scaled(
    n_rows: int, n_columns: int, shift: float, scale: float
) -> None:
    torch.manual_seed(n_rows + 20 * n_columns)
    x, y = problem(n_rows, n_columns)
    found, moved = fitted(x, y), fitted(x, scale * y + shift)
    close = {"rtol": 1e-5, "atol": 1e-5 * scale + 1e-7 * abs(shift)}
    assert_close(moved.left_out, scale * found.left_out + shift, **close)
    assert_close(moved.weight, scale * found.weight, **close)


@mark.parametrize("n_columns", [1, 5])
def test_columns_of_nothing_change_nothing_but_which_matrix_is_decomposed(n_columns: int) -> None:
    x, y = problem(20, n_columns)
    wide = torch.cat([x, torch.full((20, 30), 2.0)], dim=1)
    found, same = fitted(x, y), fitted(wide, y)
    assert_close(same.weight[:n_columns], found.weight)
    assert not same.weight[n_columns:].any()
    assert_close(same.left_out, found.left_out)
    assert_close(same.bias, found.bias)


def test_equal_columns_share_a_weight(monkeypatch: MonkeyPatch) -> None:
    only(monkeypatch, 1e-3)
    x, y = problem(20, 3)
    twice = fitted(torch.cat([x, x], dim=1), y)
    assert_close(twice.weight[:3], twice.weight[3:])
    only(monkeypatch, 5e-4)  # two halves cost half as much as one whole
    once = fitted(x, y)
    assert_close(2 * twice.weight[:3], once.weight)
    assert_close(twice.left_out, once.left_out)


@mark.parametrize("shape", SHAPES)
@mark.parametrize("block", [1, 7])
def test_neither_blocks_nor_zeros_that_are_not_held_change_anything(
    shape: tuple[int, int], block: int, monkeypatch: MonkeyPatch
) -> None:
    x = torch.randn(shape) * (torch.rand(shape) < 0.3)
    y = (x @ torch.randn(shape[1], 2)).double() + torch.randn(len(x), 2)
    centre, inverse = x.double().mean(0), torch.rand(shape[1], dtype=torch.float64)
    rows = torch.randperm(len(x))[: len(x) - 1]
    dense = ridge(Table(x, centre, inverse), rows, y[rows])
    scaled = (x.double() - centre) * inverse
    by_hand = ridge(Table.of(scaled[rows]), torch.arange(len(rows)), y[rows])
    monkeypatch.setattr(module, "BLOCK", block)
    held = SparseRows.of(SparseArray.of(x.numpy()), CPU)
    sparse = ridge(Table(held, centre, inverse), rows, y[rows])
    for found in (dense, sparse):
        assert_close(found.weight, by_hand.weight)
        assert_close(found.bias, by_hand.bias)
        assert_close(found.left_out, by_hand.left_out)


def test_blocks_are_small_and_complete(monkeypatch: MonkeyPatch) -> None:
    x = torch.randn(10, 6)
    rows = torch.tensor([9, 0, 4, 4, 7])
    table = Table(x, torch.ones(6, dtype=torch.float64), torch.full((6,), 2.0, dtype=torch.float64))
    for most, numbers, sizes in ((3, 100, [3, 2]), (3, 12, [2, 2, 1]), (3, 1, [1] * 5)):
        monkeypatch.setattr(module, "BLOCK", most)
        monkeypatch.setattr(module, "NUMBERS", numbers)
        parts = list(table.blocks(rows))
        assert [len(block) for _, block in parts] == sizes
        assert_close(torch.cat([block for _, block in parts]), 2 * (x[rows].double() - 1))
        assert_close(torch.cat([rows[part] for part, _ in parts]), rows)
        assert_close(table.mean(rows), 2 * (x[rows].double() - 1).mean(0))


@mark.parametrize("n_rows", [0, 1])
def test_without_others_there_is_nothing_to_leave_out(n_rows: int) -> None:
    x, y = problem(n_rows, 3)
    found = fitted(x, y)
    assert not found.weight.any()
    assert_close(found.bias, y.sum(0))
    assert_close(found.left_out, y)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.floats(0.01, 100))
def test_two_rows_do_not_tell_the_strengths_apart(seed: int, scale: float) -> None:
    torch.manual_seed(seed)
    x, y = problem(2, 3)
    found = fitted(x, scale * y)
    assert not found.weight.any()
    assert_close(found.bias, scale * y.mean(0))
    assert_close(found.left_out, scale * y.flip(0))


@mark.parametrize("n_columns", [2, 9])
def test_rows_that_are_all_alike_give_the_mean(n_columns: int) -> None:
    y = torch.randn(5, 2, dtype=torch.float64)
    found = fitted(torch.full((5, n_columns), 0.1), y)
    assert not found.weight.any()
    assert_close(found.bias, y.mean(0))
    assert_close(found.left_out, (y.sum(0) - y) / 4)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_groups_are_of_columns_with_the_same_labelled_rows(data: st.DataObject) -> None:
    n_rows, n_columns = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6))
    flags = data.draw(st.lists(st.booleans(), min_size=n_rows * n_columns, max_size=99))
    known = torch.tensor(flags[: n_rows * n_columns]).view(n_rows, n_columns)
    groups = groups_of(torch.where(known, 1.0, torch.nan))
    assert sorted(column for columns, _ in groups for column in columns) == [*range(n_columns)]
    for columns, rows in groups:
        for column in columns:
            assert rows.tolist() == known[:, column].nonzero()[:, 0].tolist()
    assert len({tuple(rows.tolist()) for _, rows in groups}) == len(groups)


def test_a_missing_label_leaves_out_its_row_for_its_own_target_alone() -> None:
    x, y = problem(15, 4, n_targets=3)
    y[:5, 1] = torch.nan
    (both, every), (one, some) = groups_of(y)
    assert (both, one) == ([0, 2], [1])
    table = Table.of(x)
    together, apart = ridge(table, every, y[:, both]), ridge(table, some, y[some][:, one])
    for at, target in enumerate(both):
        assert_close(together.weight[:, [at]], fitted(x, y[:, [target]]).weight)
    assert_close(apart.weight, fitted(x[5:], y[5:, [1]]).weight)
    assert_close(apart.left_out, fitted(x[5:], y[5:, [1]]).left_out)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.integers(0, 60))
def test_some_rows_are_different_ones_in_their_order(n_rows: int, most: int) -> None:
    rows = 3 * torch.arange(n_rows)
    found = some_of(rows, most)
    assert len(found) == min(n_rows, most)
    assert found.tolist() == sorted(set(found.tolist()) & set(rows.tolist()))
    assert torch.equal(found, some_of(rows, most))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(1, 300), st.floats(1, 1e8))
def test_rows_are_as_many_as_the_budget_allows(n_rows: int, n_columns: int, budget: float) -> None:
    kept = len(affordable(torch.arange(n_rows), n_columns, budget))
    assert cost(kept, n_columns) <= budget or kept <= 2
    assert kept == n_rows or cost(kept * 4 // 3 + 2, n_columns) > budget
    assert len(affordable(torch.arange(n_rows), n_columns, BUDGET)) == n_rows


def test_cost_is_that_of_the_smaller_side() -> None:
    assert cost(1000, 10) == approx(6 * 1000 * 10 * 10 + 10 * 10**3)
    assert cost(10, 1000) == approx(6 * 1000 * 10 * 10 + 10 * 10**3)
    assert cost(20, 10) < 2 * cost(10, 10)
