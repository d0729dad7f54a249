"""Arrays that are mostly zero, held without their zeros."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DENSITY = 0.1  # the share of values other than zero, up to which leaving out zeros pays
MANY = 200  # columns; with fewer, zeros cost next to nothing


@dataclass(frozen=True)
class SparseArray:
    """
    The numbers of a table that are not zero, row by row (compressed sparse rows).

    :param indptr: Where each row begins in the other two, and where the last one ends,
        ``[n_rows + 1]``.
    :param indices: The columns of the numbers, ``[n_numbers]``, ascending within a row.
    :param values: The numbers, ``[n_numbers]``.
    :param n_columns: How many columns there are.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    values: NDArray[np.float32]
    n_columns: int

    @classmethod
    def of(cls, array: NDArray[np.float32]) -> "SparseArray":
        """``array``, ``[n_rows, n_columns]``, without its zeros."""
        rows, columns = np.nonzero(array)
        counts = np.bincount(rows, minlength=len(array))
        values = np.asarray(array[rows, columns], np.float32)
        return cls(_starts(counts), columns.astype(np.int32), values, array.shape[1])

    @classmethod
    def made(
        cls,
        rows: NDArray[np.integer],
        columns: NDArray[np.integer],
        values: NDArray[np.float32],
        shape: tuple[int, int],
    ) -> "SparseArray":
        """From numbers in any order, each at its own place; those that are zero are left out."""
        other = np.flatnonzero(values)
        order = other[np.argsort(rows[other].astype(np.int64) * shape[1] + columns[other])]
        counts = np.bincount(rows[order], minlength=shape[0])
        return cls(_starts(counts), columns[order].astype(np.int32), values[order], shape[1])

    @classmethod
    def stack(cls, arrays: Sequence["SparseArray"]) -> "SparseArray":
        """The rows of at least one array, all of equally many columns, below each other."""
        counts = np.concatenate([np.diff(array.indptr) for array in arrays])
        return cls(
            _starts(counts),
            np.concatenate([array.indices for array in arrays]),
            np.concatenate([array.values for array in arrays]),
            arrays[0].n_columns,
        )

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> "SparseArray":
        chosen = np.arange(len(self))[rows]
        counts = np.diff(self.indptr)[chosen]
        starts = _starts(counts)
        places = np.repeat(self.indptr[chosen] - starts[:-1], counts) + np.arange(starts[-1])
        return SparseArray(starts, self.indices[places], self.values[places], self.n_columns)

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self), self.n_columns

    @property
    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """The three arrays that it is made of."""
        return self.indptr, self.indices, self.values

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return sum(array.nbytes for array in self.arrays)

    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The row and the column of each number, ``[n_numbers]`` both."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr)), self.indices

    def dense(self) -> NDArray[np.float32]:
        """The same with its zeros, ``[n_rows, n_columns]``."""
        array = np.zeros(self.shape, np.float32)
        array[self.places()] = self.values
        return array


def arrays_of(array: NDArray[np.float32] | SparseArray) -> tuple[NDArray[Any], ...]:
    """The arrays that hold the numbers: one, or three where zeros are left out."""
    return array.arrays if isinstance(array, SparseArray) else (array,)


def is_mostly_zero(values: NDArray[Any]) -> bool:
    """Whether so few values of a column are not zero that holding it without zeros pays."""
    return bool(np.count_nonzero(values) < DENSITY * len(values))


def is_sparse(array: NDArray[np.float32]) -> bool:
    """Whether leaving out the zeros of ``array`` pays."""
    return pays(int(np.count_nonzero(array)), array.shape)


def pays(n_numbers: int, shape: tuple[int, ...]) -> bool:
    """Whether ``[n_rows, n_columns]`` has many columns, with zeros but for so few numbers."""
    n_rows, n_columns = shape
    return n_columns > MANY and n_numbers < DENSITY * n_rows * n_columns


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
