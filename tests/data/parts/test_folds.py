from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import mark, raises

from automtl.data.parts.folds import Fold, fold_rows
from automtl.errors import DataError


def _check(folds: list[Fold], n_rows: int) -> None:
    """Parts of a fold are disjoint, none is empty, and the test parts are disjoint."""
    for fold in folds:
        rows = np.concatenate(fold)
        assert len(set(rows.tolist())) == len(rows)
        assert all(len(part) and (np.diff(part) > 0).all() for part in fold)
        assert set(rows.tolist()) <= set(range(n_rows))
    tested = np.concatenate([test for _, _, test in folds])
    assert len(set(tested.tolist())) == len(tested)


def _tested(folds: list[Fold]) -> list[int]:
    return sorted(np.concatenate([test for _, _, test in folds]).tolist())


def _rare(seed: int, n_rows: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    labels = (rng.random((n_rows, 12)) < 10 ** rng.uniform(-1.7, -0.3, 12)).astype(float)
    labels[rng.random(labels.shape) < 0.3] = np.nan
    return labels


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 10), st.integers(0, 999), st.integers(100, 300))
def test_every_row_is_tested_once_and_no_fold_lacks_a_label(k: int, seed: int, n: int) -> None:
    labels = _rare(seed, n)
    folds = fold_rows(k, [labels, np.arange(n, dtype=float)], seed)
    _check(folds, n)
    assert _tested(folds) == list(range(n))
    for train, validation, test in folds:
        assert len(train) + len(validation) + len(test) == n
        assert abs(len(test) - n / k) <= 12
        assert abs(len(validation) - 0.2 * (n - len(test))) <= 12
        for value in (0, 1):
            enough = (labels == value).sum(axis=0) >= k
            assert (labels[test] == value).any(axis=0)[enough].all()


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 6), st.lists(st.integers(1, 6), min_size=6, max_size=40), st.integers(0, 99))
def test_groups_stay_whole(k: int, sizes: list[int], seed: int) -> None:
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    folds = fold_rows(k, [_rare(seed, len(groups))], seed, groups=groups)
    _check(folds, len(groups))
    assert _tested(folds) == list(range(len(groups)))
    for parts in folds:
        assert sum(len(set(groups[rows])) for rows in parts) == len(sizes)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 6), st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_windows_of_time_expand(k: int, values: list[int]) -> None:
    times = np.array([*values, *range(-1, k + 1)], float)
    folds = fold_rows(k, [np.zeros(len(times))], 0, times=times)
    _check(folds, len(times))
    for train, validation, test in folds:
        assert times[train].max() < times[validation].min()
        assert times[validation].max() < times[test].min()
    for fold, later in pairwise(folds):
        assert set(np.concatenate(fold)) == set(np.concatenate(later[:2]))
    assert len(np.concatenate(folds[-1])) == len(times)


def test_distinct_times_give_windows_of_one_length() -> None:
    times = np.random.default_rng(0).permutation(120).astype(float)
    folds = fold_rows(5, [np.zeros(120)], 0, times=times)
    assert [len(test) for _, _, test in folds] == [20] * 5
    assert [len(train) for train, _, _ in folds] == [16, 32, 48, 64, 80]


def test_the_seed_determines_the_folds() -> None:
    labels = [np.array(["a", "b"] * 30, object)]
    first, again, other = (fold_rows(3, labels, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(x[2], y[2]) for x, y in zip(first, again, strict=True))
    assert not np.array_equal(first[0][2], other[0][2])


@mark.parametrize(
    ("k", "options", "message"),
    [
        (1, {}, "k >= 2"),
        (2, {"validation": 1.0}, "0 < validation < 1"),
        (20, {}, "20 folds need at least 60 rows, but there are 30"),
        (5, {"groups": np.arange(30) % 4}, "5 groups, but there are 4"),
        (5, {"times": np.arange(30.0) % 6}, "7 moments, but there are 6"),
        (2, {"groups": np.maximum(np.arange(30) - 26, 0)}, "27 of 30 rows are one group"),
    ],
)
def test_too_many_folds_are_an_error(k: int, options: dict[str, Any], message: str) -> None:
    with raises(DataError, match=message):
        fold_rows(k, [np.array(["a", "b"] * 15, object)], 0, **options)
