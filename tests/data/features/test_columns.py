from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import approx, mark
from sklearn.preprocessing import OneHotEncoder, RobustScaler

from automtl.data.features.columns import (
    MAX_CATEGORIES,
    N_QUANTILES,
    Boolean,
    Categorical,
    DateTime,
    Numeric,
    column_from_json,
    scaled_together,
)
from automtl.data.table import ColumnKind

HOUR = 3600.0


def _some_distinct(values: list[float]) -> bool:
    low, high = np.clip([min(values), max(values)], -1e307, 1e307)
    return bool(high - low > 1e-200)


FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-2, 2).map(float)


@settings(max_examples=200, deadline=None)
@given(st.lists(FLOATS, min_size=2, max_size=20).filter(_some_distinct), st.integers(0, 3))
def test_any_numbers_can_be_fitted(values: list[float], n_missing: int) -> None:
    column = np.array([*values, *[np.nan] * n_missing])
    fitted = Numeric.fit("x", column)
    scaled = fitted.scaled(column)
    assert fitted.flag == (n_missing > 0)
    assert np.isfinite(scaled).all()
    assert np.abs(scaled).max() <= 3
    assert (np.diff(scaled[: len(values)][np.argsort(values)]) >= 0).all()  # monotonic
    assert len(fitted.quantiles) >= 2
    assert (np.diff(fitted.quantiles) > 0).all()


def test_scaling_is_that_of_a_robust_scaler() -> None:
    values = np.random.default_rng(0).normal(5, 3, 500)
    z = RobustScaler().fit_transform(values[:, None])[:, 0]
    assert Numeric.fit("x", values).scaled(values) == approx(z / np.sqrt(1 + (z / 3) ** 2))


@mark.parametrize(
    ("others", "spread"),
    [([1.0, 4.0], 2.5), ([1.0] * 3, 1), ([-1.0, 1.0], 1), ([1e3, 2e3, 3e3, 9e4], 23_000)],
)
def test_numbers_that_are_mostly_one_are_scaled_by_the_others(
    others: list[float], spread: float
) -> None:
    fitted = Numeric.fit("x", np.array([7.0] * 98 + [7 + other for other in others]))
    assert fitted.centre == 7
    assert fitted.scale == approx(1 / spread)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 99_999), min_size=1, max_size=40), st.floats(0.01, 1e4))
def test_typical_others_are_neither_pressed_together_nor_cut_off(
    others: list[int], unit: float
) -> None:
    values = unit * np.array([0.0] * 199 + [float(other) for other in others])
    fitted = Numeric.fit("x", values)
    assert fitted.scaled(np.zeros(1)) == 0
    middle = np.median(values[values != 0]) * fitted.scale
    assert middle <= 1 + 1e-9
    assert max(middle, np.ptp(np.quantile(values[values != 0], [0.25, 0.75])) * fitted.scale) == (
        approx(1)
    )


def test_a_column_that_is_mostly_zero_has_bins_where_the_others_lie() -> None:
    rng = np.random.default_rng(0)
    values = np.where(rng.random(9999) < 0.92, 0, rng.lognormal(8, 1, 9999))
    quantiles = np.array(Numeric.fit("x", values).quantiles)
    assert len(quantiles) > N_QUANTILES * 0.7
    assert 0 in quantiles


@mark.parametrize("n_rows", [9, 48, 500])
def test_quantiles_are_training_values(n_rows: int) -> None:
    values = np.random.default_rng(0).integers(0, 5, n_rows).astype(float)
    fitted = Numeric.fit("x", values)
    expected = np.unique(fitted.scaled(values).astype(np.float32))
    assert fitted.quantiles == tuple(expected.tolist())


def test_booleans() -> None:
    values = np.array([1.0, 1.0, 0.0, np.nan])
    fitted = Boolean.fit("x", values)
    assert fitted == Boolean("x", fill=1.0, flag=True)
    assert fitted.filled(values).tolist() == [1, 1, 0, 1]


def test_one_hot_is_that_of_an_encoder() -> None:
    words = np.random.default_rng(0).choice(np.array(["a", "b", ""], object), 50)
    encoder = OneHotEncoder(sparse_output=False).fit(words[:, None])
    one_hot = Categorical.fit("x", words).one_hot(words)
    assert np.array_equal(one_hot[:, 1:], encoder.transform(words[:, None]))
    assert not one_hot[:, 0].any()


def test_unseen_and_rare_categories_share_a_slot() -> None:
    fitted = Categorical.fit("x", np.array(["a", "a", "b", "b", "rare"], object))
    assert fitted.vocabulary == ("a", "b")
    one_hot = fitted.one_hot(np.array(["b", "rare", "unseen", ""], object))
    assert one_hot.argmax(axis=1).tolist() == [2, 0, 0, 0]


def test_only_the_most_frequent_categories_are_kept() -> None:
    words = np.repeat([f"{i:03}" for i in range(MAX_CATEGORIES + 9)], 3).astype(object)
    often = np.append(words, ["108"])
    fitted = Categorical.fit("x", often)
    assert len(fitted.vocabulary) == MAX_CATEGORIES
    assert "108" in fitted.vocabulary


def _waves(seconds: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[Any]:
    return np.column_stack(DateTime.fit("x", seconds).waves(values))


def test_cycles_that_do_not_vary_are_left_out() -> None:
    days, hours = 24 * HOUR * np.arange(14.0), HOUR * np.arange(48.0)
    assert len(DateTime.fit("x", days).cycles) == 2  # week and year, but not the hour
    assert len(DateTime.fit("x", hours).cycles) == 3


@mark.parametrize("cycles", [1, 5, 400])
def test_waves_repeat_after_a_cycle(cycles: int) -> None:
    seconds = HOUR * np.arange(24.0 * 14)
    ahead = _waves(seconds, seconds + cycles * 7 * 86400)
    assert ahead[:, :4] == approx(_waves(seconds, seconds)[:, :4], abs=1e-6)
    assert np.hypot(ahead[:, 0], ahead[:, 1]) == approx(np.ones(len(seconds)))


def test_columns_scaled_together_are_those_scaled_alone() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1e-6, 1e9]
    values[::7] = np.nan
    columns = [Numeric.fit("x", column) for column in values.T]
    alone = [column.scaled(given) for column, given in zip(columns, values.T, strict=True)]
    assert np.array_equal(scaled_together(columns, values), np.column_stack(alone))


def test_a_column_is_made_again_from_its_fields() -> None:
    fields = {"kind": "boolean", "name": "x", "fill": 1.0, "flag": False}
    assert column_from_json(fields) == Boolean("x", 1.0, flag=False)
    assert column_from_json(fields).kind == ColumnKind.BOOLEAN
