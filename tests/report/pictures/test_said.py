from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.report.pictures.said import PERCENT, amount, share


@mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.12345, "0.123"),
        (1.0, "1"),
        (-3.0, "-3"),
        (99.96, "100"),
        (999.4, "999"),
        (-999.9, "-1,000"),
        (1000.0, "1,000"),
        (-1234.5, "-1,234"),
        (999_999.0, "999,999"),
        (1e6, "1e+06"),
        (1.234e-7, "1.23e-07"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_an_amount_has_three_digits_or_no_fraction(value: float, said: str) -> None:
    assert amount(value) == said


@settings(max_examples=50)
@given(st.floats(-1e9, 1e9).filter(lambda value: abs(value) > 1e-9))
def test_an_amount_is_near_what_it_says(value: float) -> None:
    assert float(amount(value).replace(",", "")) == approx(value, rel=0.0051)
    assert amount(-value) == amount(value).removeprefix("-") if value < 0 else f"-{amount(value)}"


@mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.004, "0.4"),
        (0.05, "5"),
        (0.094, "9"),
        (0.095, "10"),
        (0.123, "12"),
        (0.994, "99"),
        (0.995, "nearly 100"),
        (0.9999, "nearly 100"),
        (1.0, "100"),
        (1.5, "150"),
        (-0.2, "-20"),
    ],
)
def test_a_share_is_in_percent(value: float, said: str) -> None:
    assert share(value) == f"{said}{PERCENT}"


@settings(max_examples=50)
@given(st.floats(1e-6, 1, exclude_max=True))
def test_what_is_not_all_is_not_said_to_be_all_nor_nothing(value: float) -> None:
    said = share(value).removesuffix(PERCENT)
    assert said not in ("100", "0")
    assert float(said.removeprefix("nearly ")) == approx(100 * value, rel=0.34, abs=0.51)
