from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx, mark

from automtl.core.objective import FLOOR, floored, gains, mean_gain

error = st.floats(0, 1e3)


def gain(candidate: float, anchor: float, constant: float) -> float:
    return gains({"t": candidate}, {"t": anchor}, {"t": constant})["t"]


@given(anchor=error, constant=error)
def test_the_anchor_gains_nothing(anchor: float, constant: float) -> None:
    assert gain(anchor, anchor, constant) == 0


@given(error, error, error)
def test_a_gain_has_the_sign_of_the_improvement(
    candidate: float, anchor: float, constant: float
) -> None:
    value = gain(candidate, anchor, constant)
    assert (value > 0) == (candidate < anchor)
    assert value <= 1


@mark.parametrize(
    ("candidate", "anchor", "constant", "expected"),
    [
        (0.5, 1.0, 2.0, 0.5),
        (0.0, 1.0, 2.0, 1.0),
        (2.0, 1.0, 2.0, -1.0),
        (0.02, 0.0, 1.0, -0.02 / FLOOR),
        (0.0, 0.001, 1.0, 0.001 / FLOOR),
        (0.25, 0.0, 0.0, -0.25),
        (0.0, 0.0, 0.0, 0.0),
    ],
)
def test_gains(candidate: float, anchor: float, constant: float, expected: float) -> None:
    assert gain(candidate, anchor, constant) == approx(expected)


def test_floored_names_the_tasks_with_a_nearly_perfect_anchor() -> None:
    anchor = {"b": 0.0, "a": 0.0499, "edge": 0.05, "fine": 0.5}
    assert floored(anchor, dict.fromkeys(anchor, 1.0)) == ["a", "b"]


def test_mean_gain() -> None:
    assert mean_gain({"a": 0.5, "b": -0.25}) == 0.125


def test_who_is_as_good_as_the_anchor_hardly_loses_by_the_noise_of_errors() -> None:
    """Errors on few rows are noisy; relative to each of its own the anchor would always win."""
    rng = np.random.default_rng(0)
    seeds = [dict(enumerate(errors)) for errors in rng.lognormal(sigma=0.5, size=(8, 500))]
    anchor, others = seeds[:4], seeds[4:]
    constants = dict.fromkeys(range(500), 1.0)
    mean = {task: np.mean([errors[task] for errors in anchor]) for task in constants}

    def gained(unit: Any) -> float:
        pairs = zip(others, anchor, strict=True)
        return float(np.mean([mean_gain(gains(o, a, constants, unit)) for o, a in pairs]))

    assert gained(None) < -0.25
    assert abs(gained(mean)) < 0.1
