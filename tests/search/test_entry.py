from math import inf, nan

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark
from scipy.stats import t as student  # type: ignore[import-untyped]
from scipy.stats import ttest_1samp

from automtl.search.entry import T_QUANTILES, Estimate

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=12)


@mark.parametrize("n", range(2, 21))
def test_the_interval_is_of_students_t(n: int) -> None:
    values = [0.1 * i**2 - i for i in range(n)]
    found = Estimate.of(values)
    mean = sum(values) / n
    error = (sum((v - mean) ** 2 for v in values) / (n - 1) / n) ** 0.5
    assert found.mean == approx(mean)
    assert found.half_width == approx(student.ppf(0.975, n - 1) * error, rel=5e-4)


def test_quantiles_are_those_of_scipy_to_the_last_digit() -> None:
    freedoms = range(1, len(T_QUANTILES) + 1)
    assert tuple(round(student.ppf(0.975, n), 3) for n in freedoms) == T_QUANTILES


def test_with_more_seeds_the_interval_is_cautious() -> None:
    values = [float(i % 3) for i in range(40)]
    mean = sum(values) / 40
    error = (sum((v - mean) ** 2 for v in values) / 39 / 40) ** 0.5
    half_width = Estimate.of(values).half_width
    assert half_width is not None
    assert student.ppf(0.975, 39) * error <= half_width <= 1.05 * student.ppf(0.975, 39) * error


def test_one_seed_has_no_interval() -> None:
    assert Estimate.of([0.5]) == Estimate(0.5, None)
    assert Estimate.of([0.5, 0.5]) == Estimate(0.5, 0.0)


@mark.parametrize("value", [nan, inf, -inf])
def test_what_is_not_finite_has_no_interval_and_is_no_loss(value: float) -> None:
    found = Estimate.of([value, 1.0])
    assert found.half_width is None
    assert not found.is_loss


@settings(max_examples=50, deadline=None)
@given(VALUES, st.floats(-10, 10), st.floats(0.1, 10))
def test_an_interval_moves_and_grows_with_its_values(
    values: list[float], shift: float, scale: float
) -> None:
    found, moved = Estimate.of(values), Estimate.of([scale * value + shift for value in values])
    assert moved.mean == approx(scale * found.mean + shift, abs=1e-9)
    assert found.half_width is not None
    assert moved.half_width == approx(scale * found.half_width, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(VALUES.filter(lambda values: max(values) - min(values) > 0.01))
def test_a_loss_is_what_a_test_of_one_sample_finds(values: list[float]) -> None:
    found = Estimate.of(values)
    test = ttest_1samp(values, 0.0)
    if abs(test.pvalue - 0.05) > 1e-3:
        assert found.is_loss == (test.pvalue < 0.05 and test.statistic < 0)


@mark.parametrize(
    ("mean", "half_width", "loss"),
    [(-1.0, None, False), (-1.0, 0.9, True), (-1.0, 1.0, False), (1.0, 0.1, False)],
)
def test_a_loss_is_credible_only_where_the_whole_interval_is(
    mean: float, half_width: float | None, loss: bool
) -> None:
    assert Estimate(mean, half_width).is_loss == loss
