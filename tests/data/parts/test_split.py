from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import mark

from automtl.data.parts.split import split_rows
from automtl.data.request import SplitRequest

RANDOM = SplitRequest()
SHARE = np.array([0.6, 0.2, 0.2])
SHARES = st.sampled_from([(0.6, 0.2, 0.2), (0.8, 0.1, 0.1), (0.4, 0.3, 0.3)])


def _is_partition(parts: tuple[NDArray[np.int64], ...], n_rows: int) -> bool:
    assert all((np.diff(part) > 0).all() and part.dtype == np.int64 for part in parts)
    return sorted(np.concatenate(parts).tolist()) == list(range(n_rows))


def _labels(draw: Any, n_rows: int) -> list[NDArray[Any]]:
    """A target with classes and one with numbers, both with missing labels."""
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    classes = rng.choice(np.array(["a", "b", "c", None], object), n_rows, p=[0.6, 0.2, 0.1, 0.1])
    numbers = np.where(rng.random(n_rows) < 0.2, np.nan, rng.normal(size=n_rows))
    return [classes, numbers]


@st.composite
def _cases(draw: Any) -> tuple[SplitRequest, list[NDArray[Any]], int]:
    n_rows = draw(st.integers(20, 200))
    return SplitRequest(*draw(SHARES)), _labels(draw, n_rows), draw(st.integers(0, 99))


@settings(max_examples=50, deadline=None)
@given(_cases())
def test_a_random_split_is_a_stratified_partition(
    case: tuple[SplitRequest, list[NDArray[Any]], int],
) -> None:
    request, labels, seed = case
    n_rows = len(labels[0])
    parts = split_rows(request, labels, seed)
    assert _is_partition(parts, n_rows)
    for rows, share in zip(parts, (request.train, request.validation, request.test), strict=True):
        assert abs(len(rows) - share * n_rows) <= 4
        for label in {"a", "b", "c"}:
            count = (labels[0] == label).sum()
            found = (labels[0][rows] == label).sum()
            assert abs(found - share * count) <= 4
            assert found > 0 or count < 3
        known = ~np.isnan(labels[1])
        assert abs(known[rows].sum() - share * known.sum()) <= 6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(3, 9), min_size=2, max_size=9), st.integers(0, 99))
def test_every_class_is_in_every_part(counts: list[int], seed: int) -> None:
    labels = np.repeat([f"class {i}" for i in range(len(counts))], counts).astype(object)
    for rows in split_rows(RANDOM, [labels], seed):
        assert set(labels[rows]) == set(labels)


def _lacking(parts: Sequence[NDArray[np.int64]], labels: NDArray[np.float64]) -> set[Any]:
    """Labels with at least as many rows as there are parts, of which a part has none."""
    return {
        (column, value)
        for column, value in product(range(labels.shape[1]), (0, 1))
        if (labels[:, column] == value).sum() >= len(parts)
        and not all((labels[rows, column] == value).any() for rows in parts)
    }


@st.composite
def _rare(draw: Any) -> NDArray[np.float64]:
    """Some ordinary labels and some rare ones, many of them missing."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    n_rows, n_columns = draw(st.integers(60, 300)), draw(st.integers(1, 30))
    share = 10 ** rng.uniform(-2, -0.3, n_columns)
    labels = (rng.random((n_rows, n_columns)) < share).astype(float)
    labels[rng.random(labels.shape) < draw(st.sampled_from([0.0, 0.2, 0.7]))] = np.nan
    if draw(st.booleans()):  # one label a row
        labels[np.arange(n_columns) != rng.integers(0, n_columns, (n_rows, 1))] = np.nan
    return labels


@settings(max_examples=100, deadline=None)
@given(_rare(), st.booleans(), st.integers(0, 99))
def test_no_part_lacks_a_label_that_has_enough_rows(
    labels: NDArray[np.float64], one_task: bool, seed: int
) -> None:
    parts = split_rows(RANDOM, [labels] if one_task else list(labels.T), seed)
    assert _is_partition(parts, len(labels))
    assert not _lacking(parts, labels)
    assert np.abs(np.array([len(rows) for rows in parts]) - len(labels) * SHARE).max() <= 25


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 5))
def test_a_part_lacks_a_label_only_if_there_is_no_other_way(seed: int, n_columns: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.zeros((7, n_columns))
    for column in labels.T:
        column[rng.choice(7, 3, replace=False)] = 1
    divisions = np.array(list(product(range(3), repeat=7)))
    owners = [divisions[:, column == value] for column in labels.T for value in (0, 1)]
    whole = [(owner == part).any(axis=1) for owner in owners for part in range(3)]
    assert bool(_lacking(split_rows(RANDOM, [labels], seed), labels)) != np.all(whole, axis=0).any()


def test_columns_of_one_target_are_split_as_targets_are() -> None:
    labels = (np.random.default_rng(0).random((300, 8)) < 0.1).astype(float)
    together, apart = (split_rows(RANDOM, given, 0) for given in ([labels], list(labels.T)))
    assert all(np.array_equal(x, y) for x, y in zip(together, apart, strict=True))


def test_few_labels_of_numbers_are_in_every_part() -> None:
    numbers = np.full((300, 10), np.nan)
    numbers[np.arange(40), np.arange(40) % 10] = np.arange(40) + 0.5
    for rows in split_rows(RANDOM, [numbers], seed=0):
        assert (~np.isnan(numbers[rows])).any(axis=0).all()


def test_groups_are_dealt_so_that_no_part_lacks_a_label() -> None:
    groups = np.repeat(np.arange(60), 5)
    rare = np.zeros((300, 6))
    for column in range(6):
        rare[np.arange(column * 20, column * 20 + 15), column] = 1  # three groups, all rows of them
    parts = split_rows(SplitRequest(groups="group"), [rare], 0, groups)
    assert not _lacking(parts, rare)
    assert sum(len(set(groups[rows])) for rows in parts) == 60


def test_rare_classes_of_many_targets_are_in_every_part() -> None:
    rng = np.random.default_rng(0)
    labels = [np.where(rng.random(600) < 0.01, "yes", "no").astype(object) for _ in range(20)]
    labels = [target for target in labels if (target == "yes").sum() >= 3]
    assert len(labels) > 10
    for rows in split_rows(RANDOM, labels, seed=0):
        assert all((target[rows] == "yes").any() for target in labels)


def test_shares_are_kept_over_many_targets() -> None:
    rng = np.random.default_rng(0)
    labels = [(rng.random(1000) < p).astype(str).astype(object) for p in np.linspace(0.05, 0.5, 14)]
    parts = split_rows(RANDOM, labels, seed=0)
    assert np.abs(np.array([len(rows) for rows in parts]) - [600, 200, 200]).max() <= 10
    for target in labels:
        shares = [(target[rows] == "True").mean() for rows in parts]
        assert np.ptp(shares) < 0.03


def test_numbers_are_spread_evenly() -> None:
    numbers = np.random.default_rng(0).exponential(size=1000)
    for rows in split_rows(RANDOM, [numbers], seed=0):
        counts, _ = np.histogram(numbers[rows], np.quantile(numbers, np.linspace(0, 1, 6)))
        assert np.ptp(counts) <= 1


def test_the_seed_determines_the_split() -> None:
    labels = [np.array(["a", "b"] * 30, object)]
    first, again, other = (split_rows(RANDOM, labels, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(x, y) for x, y in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=3, max_size=40), SHARES, st.integers(0, 99))
def test_groups_stay_whole(sizes: list[int], shares: tuple[float, float, float], seed: int) -> None:
    request = SplitRequest(*shares, groups="group")
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    labels = [np.array(["a"] * len(groups), object)]
    parts = split_rows(request, labels, seed, groups)
    assert _is_partition(parts, len(groups))
    assert all(len(rows) for rows in parts)
    members = [set(groups[rows]) for rows in parts]
    assert sum(len(groups_of_part) for groups_of_part in members) == len(sizes)
    for rows, share in zip(parts, shares, strict=True):
        assert abs(len(rows) - share * len(groups)) <= 2 * max(sizes)


def test_many_groups_have_sizes_near_the_shares() -> None:
    groups = np.random.default_rng(0).integers(0, 100, 1000)
    labels = [np.array(["a"] * 1000, object)]
    parts = split_rows(SplitRequest(groups="group"), labels, 0, groups)
    assert np.abs(np.array([len(rows) for rows in parts]) - [600, 200, 200]).max() <= 5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=20, max_size=60), SHARES)
def test_time_goes_from_training_to_test(
    values: list[int], shares: tuple[float, float, float]
) -> None:
    times = np.array([*values, -1, 21, 22], float)
    labels = [np.array(["a"] * len(times), object)]
    parts = split_rows(SplitRequest(*shares, time="time"), labels, 0, times)
    assert _is_partition(parts, len(times))
    train, validation, test = (times[rows] for rows in parts)
    assert train.max() < validation.min() <= validation.max() < test.min()


def test_distinct_times_give_the_shares_exactly() -> None:
    times = np.random.default_rng(0).permutation(100).astype(float)
    labels = [np.array(["a"] * 100, object)]
    parts = split_rows(SplitRequest(time="time"), labels, 0, times)
    assert [len(rows) for rows in parts] == [60, 20, 20]


def test_given_parts_are_kept() -> None:
    given_parts = np.random.default_rng(0).integers(0, 3, 50)
    labels = [np.array(["a"] * 50, object)]
    parts = split_rows(SplitRequest(column="part"), labels, 0, given_parts)
    for part, rows in enumerate(parts):
        assert np.array_equal(rows, np.flatnonzero(given_parts == part))


@mark.parametrize("seed", range(3))
def test_validation_is_cut_out_of_training(seed: int) -> None:
    given_parts = np.array([0, 2] * 40)
    labels = [np.array(["a", "a", "b", "b"] * 20, object)]
    train, validation, test = split_rows(SplitRequest(column="part"), labels, seed, given_parts)
    assert _is_partition((train, validation, test), 80)
    assert np.array_equal(test, np.flatnonzero(given_parts == 2))
    assert (len(train), len(validation)) == (30, 10)  # 0.2 / (0.6 + 0.2)
    assert (labels[0][validation] == "a").sum() == 5
