"""Inputs that are mostly zero, dense only for the rows of a batch."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.data.dataset import Inputs
from automtl.data.features.sparse import SparseArray

CELLS = 1 << 23  # numbers that are made dense at a time


@dataclass(frozen=True)
class SparseRows:
    """
    A `SparseArray` as tensors. Indexing gives the rows with their zeros, ``[n_rows, n_columns]``.

    :param indptr: Where each row begins in the other two, and where the last one ends.
    :param indices: The columns of the numbers, ``[n_numbers]``.
    :param values: The numbers, ``[n_numbers]``.
    :param order: Which rows these are, in which order, ``[n_rows]``.
    """

    indptr: Tensor
    indices: Tensor
    values: Tensor
    n_columns: int
    order: Tensor

    @classmethod
    def of(cls, array: SparseArray, device: torch.device) -> "SparseRows":
        """``array`` on ``device``."""
        indptr, indices, values = (as_tensor(part, device) for part in array.arrays)
        order = torch.arange(len(array), device=device)
        return cls(indptr, indices, values, array.n_columns, order)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.values.device

    @property
    def dtype(self) -> torch.dtype:
        """Of the numbers."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self), self.n_columns

    def each(self, function: Callable[[Tensor, Tensor], Tensor]) -> "SparseRows":
        """
        The rows with other numbers, zeros where there were zeros.

        :param function: Makes them of the numbers and their columns, ``[n_numbers]`` all.
        """
        return replace(self, values=function(self.values, self.indices))

    def ordered(self, order: Tensor) -> "SparseRows":
        """The rows ``order``, without their zeros; nothing is copied."""
        return replace(self, order=self.order[order])

    def __getitem__(self, rows: Tensor | slice) -> Tensor:
        chosen = self.order[rows]
        begins = self.indptr[chosen]
        counts = self.indptr[chosen + 1] - begins
        which = torch.arange(len(chosen), device=self.device).repeat_interleave(counts)
        shifts = begins - (counts.cumsum(0) - counts)  # from a place in the batch to one in all
        places = torch.arange(len(which), device=self.device) + shifts[which]
        dense = self.values.new_zeros(len(chosen) * self.n_columns)
        dense[which * self.n_columns + self.indices[places]] = self.values[places]
        return dense.view(len(chosen), self.n_columns)


InputRows: TypeAlias = Tensor | SparseRows


def as_tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    """``array`` on ``device``, without a copy where none is needed, even if it is read-only."""
    with warnings.catch_warnings():  # nobody writes to it
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array).to(device)


def as_inputs(array: Inputs, device: torch.device) -> InputRows:
    """The inputs of some rows on ``device``; their slices are tensors."""
    if isinstance(array, SparseArray):
        return SparseRows.of(array, device)
    return as_tensor(array, device)


def chunks(inputs: InputRows, size: int) -> Iterator[Tensor]:
    """
    The rows of ``inputs``, at most ``size`` at a time, ``[n_rows, n_columns]``; fewer where each
    has very many columns, most of them zeros that are not in memory yet.
    """
    if isinstance(inputs, SparseRows):
        size = max(1, min(size, CELLS // inputs.n_columns))
    for start in range(0, len(inputs), size):
        yield inputs[start : start + size]


def some_rows(inputs: InputRows, rows: Tensor) -> InputRows:
    """Some rows, held as ``inputs`` are."""
    return inputs[rows] if isinstance(inputs, Tensor) else inputs.ordered(rows)
