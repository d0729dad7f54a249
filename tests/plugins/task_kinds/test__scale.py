import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark, raises

from automtl.errors import DataError
from automtl_plugins.task_kinds._scale import mean_and_std

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_they_are_numpys_of_the_training_labels_that_are_there(
    seed: int, shift: float, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    labels = scale * rng.normal(size=30) + shift
    labels[rng.random(30) < 0.3] = np.nan
    train = rng.random(30) < 0.6
    labels[:2], train[:2] = (shift, shift + scale), True
    mean, std = mean_and_std(labels, train, "x")
    assert mean == approx(np.nanmean(labels[train]), rel=1e-12, abs=1e-12)
    assert std == approx(np.nanstd(labels[train]), rel=1e-9)
    elsewhere = np.where(train, labels, 1e9)
    assert mean_and_std(elsewhere, train, "x") == (mean, std)


def test_two_labels_are_enough() -> None:
    assert mean_and_std(np.array([1.0, 3.0, 99.0]), np.array([True, True, False]), "x") == (2, 1)


@mark.parametrize(
    ("labels", "message"),
    [
        ([np.nan] * 3, r"^Of task 'x', there are labels .*, but found none\. Leave it out"),
        ([], "but found none"),
        ([0.1, 0.1, np.nan], r"^The labels of task 'x' vary .*, but all 2 are 0\.1\. Leave it out"),
        ([7.0], r"but all 1 are 7\. Leave it out"),
        ([1.0, 2.0, -np.inf], "finite, but some are infinite"),
        ([1e300, -1e300, 0.0], r"between 0 and that, but got 0 and inf\. Rescale them"),
        ([1e20, -1e20, 0.0], r"but got 0 and 8\.16497e\+19\. Rescale them"),
        ([1e20, 1.001e20], r"mean up to 1e\+18 .*, but got 1\.0005e\+20 and 5e\+16"),
        ([1e-300, -1e-300, 0.0], r"between 0 and that, but got 0 and 0\. Rescale them"),
    ],
)
def test_labels_without_a_scale_are_refused(labels: list[float], message: str) -> None:
    with raises(DataError, match=message):
        mean_and_std(np.array(labels), np.ones(len(labels), bool), "task 'x'")


def test_what_is_not_for_training_need_not_vary_but_is_finite() -> None:
    train = np.array([True, True, False])
    with raises(DataError, match="finite"):
        mean_and_std(np.array([1.0, 2.0, np.inf]), train, "x")
    with raises(DataError, match="found none"):
        mean_and_std(np.array([np.nan, np.nan, 1.0]), train, "x")
