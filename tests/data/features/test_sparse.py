import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pytest import mark

from automtl.data.features.sparse import SparseArray, arrays_of, is_sparse

SHAPES = st.tuples(st.integers(0, 6), st.integers(1, 5))
NUMBERS = st.sampled_from([0.0, 0.0, 1.0, -2.5]).map(np.float32)
ARRAYS = arrays(np.float32, SHAPES, elements=NUMBERS)


@given(ARRAYS)
def test_nothing_is_lost(array: NDArray[np.float32]) -> None:
    sparse = SparseArray.of(array)
    assert np.array_equal(sparse.dense(), array)
    assert sparse.dense().dtype == np.float32
    assert (sparse.shape, len(sparse)) == (array.shape, len(array))
    assert len(sparse.values) == np.count_nonzero(array)


@given(ARRAYS, st.data())
def test_rows_are_those_of_the_dense_array(array: NDArray[np.float32], data: st.DataObject) -> None:
    numbers = st.integers(0, max(len(array) - 1, 0))
    chosen = data.draw(st.lists(numbers, max_size=8 if len(array) else 0))
    rows = np.array(chosen, np.int64)
    mask = np.isin(np.arange(len(array)), rows)
    sparse = SparseArray.of(array)
    for index in (rows, mask, slice(1, 4)):
        assert np.array_equal(sparse[index].dense(), array[index])


def test_rows_can_be_stacked() -> None:
    array = np.array([[0, 1], [0, 0], [2, 0]], np.float32)
    stacked = SparseArray.stack([SparseArray.of(part) for part in (array, array[:0], array[1:])])
    assert np.array_equal(stacked.dense(), np.concatenate([array, array[1:]]))


@mark.parametrize(
    ("n_columns", "share", "expected"), [(1000, 0.05, True), (1000, 0.2, False), (50, 0.05, False)]
)
def test_many_columns_that_are_mostly_zero_are_sparse(
    n_columns: int, share: float, expected: bool
) -> None:
    array = np.zeros((10, n_columns), np.float32)
    array[:, : int(share * n_columns)] = 1
    assert is_sparse(array) == expected
    assert (SparseArray.of(array).nbytes < array.nbytes / 4) == (share < 0.1)


def test_arrays_tell_different_data_apart() -> None:
    array = np.eye(3, dtype=np.float32)
    assert [part is array for part in arrays_of(array)] == [True]
    one, other = arrays_of(SparseArray.of(array)), arrays_of(SparseArray.of(2 * array))
    assert [bool(np.array_equal(a, b)) for a, b in zip(one, other, strict=True)] == [
        True,
        True,
        False,
    ]


@given(ARRAYS, st.randoms())
def test_numbers_may_come_in_any_order(array: NDArray[np.float32], random: random.Random) -> None:
    places = [(row, column) for row, column in np.ndindex(array.shape)]  # zeros, too
    random.shuffle(places)
    rows, columns = np.array(places, np.int64).reshape(-1, 2).T
    made = SparseArray.made(rows, columns, array[rows, columns], array.shape)
    for one, other in zip(made.arrays, SparseArray.of(array).arrays, strict=True):
        assert np.array_equal(one, other)
        assert one.dtype == other.dtype
