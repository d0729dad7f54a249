"""
Ridge regressions in closed form, the strength of each chosen by leave-one-out errors.

A network's outputs are its own plus a skip's, ``network(x) + skip(x)``, and the skip is frozen:
the network learns what the best function of a simple kind leaves over. On small tables that is most
of the way, because a strength of regularisation chosen per column, exactly, is what gradient steps
with one weight decay cannot give.

Training rows must not see a skip that has seen their own labels, or the residuals that the network
learns from are smaller than those it will meet: their offsets are leave-one-out predictions, which
cost nothing once a matrix is decomposed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from automtl.model.inputs import InputRows

# Strengths a label: eight decades in steps of half a decade, between which leave-one-out errors
# hardly change. Columns have a variance of about one, so the eigenvalues of their covariance have a
# mean of about one: 1e-5 is least squares, up to float32; 1e3 leaves little of anything but a
# direction that a thousand columns share. The last is no skip at all: the mean of the targets.
STRENGTHS = (*(10 ** (half / 2) for half in range(-10, 7)), math.inf)
BUDGET = 2e12  # floating-point operations of all regressions of a skip: a minute at most on a core
BLOCK = 4096  # rows that are float64 at a time; fewer if they have more than so many
NUMBERS = 1 << 24  # numbers
RANK = 1e-12  # eigenvalues below this share of the largest are zero

Groups: TypeAlias = Sequence[tuple[list[int], Tensor]]


@dataclass(frozen=True)
class Table:
    """What to regress on, as float64 columns, made block by block."""

    values: InputRows  # [n_rows, n_columns]
    centre: Tensor  # [n_columns]
    inverse: Tensor  # [n_columns], the factor of each column; zero for constant columns

    @classmethod
    def of(cls, values: InputRows) -> "Table":
        """Columns that are taken as they are."""
        zero = torch.zeros(values.shape[1], dtype=torch.float64, device=values.device)
        return cls(values, zero, zero + 1)

    def blocks(self, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Which of the rows, and their values, ``[at most BLOCK, n_columns]``."""
        size = max(1, min(BLOCK, NUMBERS // max(1, len(self.centre))))
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            values = self.values[rows[part]].double()
            yield part, values.sub_(self.centre).mul_(self.inverse)

    def mean(self, rows: Tensor) -> Tensor:
        """The mean of each column over some rows, ``[n_columns]``."""
        zero = torch.zeros_like(self.centre)
        return sum((block.sum(0) for _, block in self.blocks(rows)), zero) / len(rows)


@dataclass(frozen=True)
class Ridge:
    """Ridge regressions, and leave-one-out predictions of their rows."""

    weight: Tensor  # [n_columns, n_targets]
    bias: Tensor  # [n_targets]
    left_out: Tensor  # [n_rows, n_targets]


def ridge(table: Table, rows: Tensor, targets: Tensor) -> Ridge:
    r"""
    Ridge regression of each column of targets, with an intercept:

    .. math:: \min_{w, b} \sum_i (y_i - x_i^T w - b)^2 + n \lambda \|w\|^2

    over the :math:`n` rows, with the :math:`\lambda` of `STRENGTHS` whose leave-one-out squared
    error is least. All leave-one-out predictions come from one eigendecomposition, as in
    `sklearn.linear_model.RidgeCV` (Rifkin and Lippert, 2007, http://hdl.handle.net/1721.1/37318):
    with :math:`h_{ii}` the diagonal of the hat matrix,
    :math:`y_i - \hat y_{-i} = (y_i - \hat y_i) / (1 - h_{ii})`.

    The decomposition is of the columns' covariance or, where there are fewer rows than columns, of
    the rows' Gram matrix. Never more than `BLOCK` rows are float64, or dense, at a time.

    :param rows: Which rows of the table to fit, ``[n_rows]``.
    :param targets: Their targets, ``[n_rows, n_targets]``, all labelled.
    """
    n_rows, n_targets = targets.shape
    level = targets.sum(0) / max(1, n_rows)
    if n_rows < 3:  # where one is left out, nothing tells the strengths apart
        left_out = targets.flip(0)  # the other one, if there is one
        return Ridge(level.new_zeros(len(table.centre), n_targets), level, left_out)
    centre = table.mean(rows)
    axes = (_RowAxes if n_rows < len(centre) else _ColumnAxes).of(table, rows, centre)
    y = targets - level
    moments = axes.moments(y)
    strengths = n_rows * torch.tensor(STRENGTHS, dtype=torch.float64, device=y.device)
    shrink = 1 / (axes.spectrum[:, None] + strengths)  # [rank, n_strengths]
    gaps, errors = _left_out(axes, y, moments, shrink)
    best = errors.argmin(0)
    weight = axes.weights(moments * shrink[:, best])
    bias = level - centre @ weight
    left_out = torch.empty_like(y)
    for part, block in table.blocks(rows):
        residuals = targets[part] - block @ weight - bias
        left_out[part] = targets[part] - residuals / gaps[part][:, best]
    return Ridge(weight, bias, left_out)


class _Axes(Protocol):
    """The singular vectors of centred rows."""

    @property
    def spectrum(self) -> Tensor:
        """Squares of the singular values, ``[rank]``."""

    def along(self) -> Iterator[tuple[slice, Tensor]]:
        """Which rows, and where they lie along the right vectors, ``[n, rank]``."""

    def moments(self, y: Tensor) -> Tensor:
        """Products of where rows lie with ``y``, ``[n_rows, n]``, of mean zero: ``[rank, n]``."""

    def weights(self, along: Tensor) -> Tensor:
        """Vectors of the columns' space that lie so along the axes: ``[n_columns, n]``."""


@dataclass(frozen=True)
class _ColumnAxes:
    """From the columns' covariance: vectors are of columns."""

    table: Table
    rows: Tensor
    centre: Tensor
    spectrum: Tensor
    basis: Tensor  # [n_columns, rank]

    @classmethod
    def of(cls, table: Table, rows: Tensor, centre: Tensor) -> "_ColumnAxes":
        gram = centre.new_zeros(len(centre), len(centre))
        for _, block in table.blocks(rows):
            centred = block - centre
            gram.addmm_(centred.T, centred)
        return cls(table, rows, centre, *_positive(gram))

    def along(self) -> Iterator[tuple[slice, Tensor]]:
        for part, block in self.table.blocks(self.rows):
            yield part, (block - self.centre) @ self.basis

    def moments(self, y: Tensor) -> Tensor:
        zero = y.new_zeros(len(self.centre), y.shape[1])
        products = (block.T @ y[part] for part, block in self.table.blocks(self.rows))
        return self.basis.T @ sum(products, zero)

    def weights(self, along: Tensor) -> Tensor:
        return self.basis @ along


@dataclass(frozen=True)
class _RowAxes:
    """From the rows' Gram matrix, where they are fewer: vectors are of rows."""

    table: Table
    rows: Tensor
    centre: Tensor
    spectrum: Tensor
    places: Tensor  # [n_rows, rank], where rows lie along the axes

    @classmethod
    def of(cls, table: Table, rows: Tensor, centre: Tensor) -> "_RowAxes":
        gram = centre.new_zeros(len(rows), len(rows))
        for part, block in table.blocks(rows):
            centred = block - centre
            for other, values in table.blocks(rows[: part.stop]):
                gram[part, other] = centred @ (values - centre).T  # the lower half is enough
        spectrum, vectors = _positive(gram)
        return cls(table, rows, centre, spectrum, vectors * spectrum.sqrt())

    def along(self) -> Iterator[tuple[slice, Tensor]]:
        yield slice(None), self.places

    def moments(self, y: Tensor) -> Tensor:
        return self.places.T @ y

    def weights(self, along: Tensor) -> Tensor:
        of_rows = self.places @ (along / self.spectrum[:, None])
        parts = self.table.blocks(self.rows)
        products = ((block - self.centre).T @ of_rows[part] for part, block in parts)
        return sum(products, along.new_zeros(len(self.centre), along.shape[1]))


def _left_out(axes: _Axes, y: Tensor, moments: Tensor, shrink: Tensor) -> tuple[Tensor, Tensor]:
    """
    One minus the diagonal of the hat matrix, ``[n_rows, n_strengths]``, and the sums of squared
    leave-one-out errors, ``[n_strengths, n_targets]``.
    """
    n_rows, n_strengths = len(y), shrink.shape[1]
    gaps = y.new_empty(n_rows, n_strengths)
    errors = y.new_zeros(n_strengths, y.shape[1])
    for part, along in axes.along():
        gaps[part] = 1 - 1 / n_rows - along.square() @ shrink
        for at in range(n_strengths):
            residuals = y[part] - along @ (moments * shrink[:, at, None])
            errors[at] += (residuals / gaps[part, at, None]).square().sum(0)
    return gaps, errors


def _positive(gram: Tensor) -> tuple[Tensor, Tensor]:
    """The positive eigenvalues and their vectors."""
    values, vectors = torch.linalg.eigh(gram)
    kept = values > RANK * values[-1].clamp(min=1e-300)
    return values[kept], vectors[:, kept]


def groups_of(targets: Tensor) -> Groups:
    """Columns that are labelled in the same rows, and these rows."""
    labelled = ~targets.isnan()
    masks = labelled.T.contiguous().cpu().numpy()
    groups: dict[bytes, list[int]] = {}
    for column, mask in enumerate(masks):
        groups.setdefault(mask.tobytes(), []).append(column)
    return [(group, labelled[:, group[0]].nonzero()[:, 0]) for group in groups.values()]


def affordable(rows: Tensor, n_columns: int, budget: float) -> Tensor:
    """All rows, or as many random ones as the budget allows."""
    kept = len(rows)
    while kept > 2 and cost(kept, n_columns) > budget:
        kept = kept * 3 // 4
    return some_of(rows, kept)


def some_of(rows: Tensor, most: int) -> Tensor:
    """All rows, or so many random ones, in their order."""
    if len(rows) <= most:
        return rows
    shuffled = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    return rows[shuffled[:most].sort().values.to(rows.device)]


def cost(n_rows: int, n_columns: int) -> float:
    """
    Floating-point operations of a regression: :math:`6 n p r + 10 r^3`, with :math:`r` the smaller
    of rows and columns.
    """
    rank = min(n_rows, n_columns)
    return 6.0 * n_rows * n_columns * rank + 10.0 * rank**3
