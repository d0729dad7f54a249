import math
import warnings
from itertools import pairwise

import numpy as np
import sklearn.metrics as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import approx, mark
from scipy.stats import mannwhitneyu  # type: ignore[import-untyped]

from automtl.core.metrics._shared import (
    N_BINS,
    Flags,
    Floats,
    area,
    calibration_gap,
    harmonic,
    mean,
    mean_defined,
    mean_precision,
)

SEEDS = st.integers(0, 2**32 - 1)


def ranked(seed: int) -> tuple[Floats, Flags]:
    """Values with ties, and flags of both sorts."""
    rng = np.random.default_rng(seed)
    n_rows = int(rng.integers(2, 30))
    values = rng.integers(0, rng.integers(1, 40), n_rows) / 8
    return values, rng.permutation(np.arange(n_rows) < rng.integers(1, n_rows))


@settings(max_examples=50)
@given(SEEDS)
def test_the_area_is_scikit_learns_and_the_statistic_of_mann_and_whitney(seed: int) -> None:
    values, positive = ranked(seed)
    found = area(values, positive)
    assert found == approx(oracle.roc_auc_score(positive, values))
    statistic = mannwhitneyu(values[positive], values[~positive]).statistic
    assert found == approx(statistic / positive.sum() / (~positive).sum())


@settings(max_examples=50)
@given(SEEDS)
def test_the_area_is_of_ranks_alone_and_turns_with_them(seed: int) -> None:
    values, positive = ranked(seed)
    found = area(values, positive)
    assert area(np.exp(values) - 7, positive) == approx(found)
    assert area(-values, positive) == approx(1 - found)
    assert area(values, ~positive) == approx(1 - found)
    assert area(np.zeros_like(values), positive) == 0.5


@settings(max_examples=50)
@given(SEEDS)
def test_mean_precision_is_scikit_learns(seed: int) -> None:
    values, positive = ranked(seed)
    expected = oracle.average_precision_score(positive, values)
    assert mean_precision(values, positive) == approx(expected)
    share = positive.mean()
    assert mean_precision(np.ones_like(values), positive) == approx(share)
    assert mean_precision(positive.astype(float), positive) == 1.0
    assert mean_precision(values, np.ones_like(positive)) == approx(1.0)


@settings(max_examples=50)
@given(SEEDS)
def test_f1_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chosen, there = rng.random((2, int(rng.integers(1, 20)))) < rng.random()
    hits = int((chosen & there).sum())
    expected = oracle.f1_score(there, chosen, zero_division=0.0)
    assert harmonic(hits, int(chosen.sum()), int(there.sum())) == approx(expected)


def test_f1_is_element_by_element() -> None:
    found = harmonic(np.array([0, 1, 2]), np.array([0, 2, 2]), np.array([0, 1, 2]))
    assert found.tolist() == approx([0.0, 2 / 3, 1.0])


def by_hand(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """The error of the paper, bin by bin."""
    edges = np.linspace(0, 1, N_BINS + 1)
    total = 0.0
    for number, (low, high) in enumerate(pairwise(edges)):
        last = number == N_BINS - 1
        inside = (confidence >= low) & ((confidence < high) | last)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return total


@settings(max_examples=50)
@given(SEEDS)
def test_the_calibration_error_is_that_of_the_paper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.random(int(rng.integers(1, 200)))
    right = rng.random(len(confidence)) < confidence
    found = calibration_gap(confidence, right)
    assert found == approx(by_hand(confidence, right))
    assert abs(confidence.mean() - right.mean()) <= found + 1e-12  # one bin hides more
    assert calibration_gap(np.r_[confidence, confidence], np.r_[right, right]) == approx(found)


@mark.parametrize(("confidence", "gap"), [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)])
def test_of_one_certain_row_the_calibration_error_is_the_distance(
    confidence: float, gap: float
) -> None:
    assert calibration_gap(np.array([confidence]), np.array([True])) == approx(gap)


def test_of_nothing_there_is_no_score_and_no_warning() -> None:
    nothing, none = np.empty(0), np.empty(0, bool)
    some, yes, no = np.ones(2), np.ones(2, bool), np.zeros(2, bool)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        undefined = [
            mean(nothing),
            mean_defined(nothing),
            mean_defined(np.full(2, np.nan)),
            area(nothing, none),
            area(some, yes),
            area(some, no),
            mean_precision(nothing, none),
            mean_precision(some, no),
            calibration_gap(nothing, none),
        ]
    assert all(map(math.isnan, undefined))


def test_means_are_of_what_is_defined_and_in_double_precision() -> None:
    assert mean_defined(np.array([1.0, np.nan, 3.0])) == 2.0
    many = np.full(100_000, 0.1, np.float16)
    assert mean(many) == approx(float(np.float16(0.1)), rel=1e-9)
    assert mean(np.array([True, False])) == 0.5
