from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytest import mark

from automtl.data.parts.strata import Strata
from automtl.data.parts.stratify import parts_at_random

FANO = [(0, 1, 2), (0, 3, 4), (0, 5, 6), (1, 3, 5), (1, 4, 6), (2, 3, 6), (2, 4, 5)]


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(0, 99))
def test_any_number_of_parts_has_its_share_of_each_label(n_parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(n_parts, 5.0))
    labels = (rng.random((400, 4)) < [0.1, 0.2, 0.4, 0.5]).astype(float)
    parts = parts_at_random(Strata.of_labels([labels]), shares, seed)
    assert np.abs(np.bincount(parts, minlength=n_parts) - 400 * shares).max() <= 8
    for column in labels.T:
        found = np.bincount(parts, column, n_parts)
        assert np.abs(found - column.sum() * shares).max() <= 8


def _n_lacks(parts: NDArray[np.int64]) -> int:
    others = [set(range(7)) - set(line) for line in FANO]
    return sum(3 - len(set(parts[list(rows)])) for rows in (*FANO, *others))


def test_what_cannot_be_is_not_asked_for() -> None:
    """No three colours of the Fano plane's points give each line all three."""
    labels = np.zeros((7, 7))
    for column, line in zip(labels.T, FANO, strict=True):
        column[list(line)] = 1
    parts = parts_at_random(Strata.of_labels([labels]), np.full(3, 1 / 3), 0)
    assert set(parts) == {0, 1, 2}
    lacks = [_n_lacks(np.array(other)) for other in product(range(3), repeat=7)]
    assert 0 < min(lacks) == _n_lacks(parts)


@mark.parametrize("n_parts", [2, 3, 5])
def test_a_label_with_a_row_for_each_part_is_in_each(n_parts: int) -> None:
    labels = np.zeros((300, 20))
    for number, column in enumerate(labels.T):
        column[number * n_parts : (number + 1) * n_parts] = 1  # rows of their own
    parts = parts_at_random(Strata.of_labels([labels]), np.full(n_parts, 1 / n_parts), 0)
    for column in labels.T:
        assert sorted(parts[column == 1]) == list(range(n_parts))


def test_groups_of_rows_and_rows_alone_are_alike() -> None:
    labels = [np.repeat([0.0, 1.0], [90, 10])]
    strata, shares = Strata.of_labels(labels), np.array([0.5, 0.3, 0.2])
    parts = parts_at_random(strata, shares, 0, np.arange(100))
    assert np.bincount(parts).tolist() == [50, 30, 20]
    assert set(parts[90:]) == {0, 1, 2}
