"""Strata: sets of rows that are to be spread evenly over the parts of a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

N_BINS = 5  # quantile bins of a column of numbers
BIN_ROWS = 20  # of each bin at least, unless there is but one
CELLS = 5_000_000  # rows times columns of labels that are looked at


@dataclass(frozen=True)
class Strata:
    """
    Sets of rows that are to be spread evenly.

    :param of: The stratum of each row for each column of labels, ``[n_rows, n_columns]``.
    :param wanted: Which strata are wanted in every part, ``[n_strata]``: the classes, and numbers
        if they are so few that there is one bin; neither other bins nor rows without a label.
    """

    of: NDArray[np.int32]
    wanted: Mask

    @classmethod
    def of_labels(cls, labels: Sequence[NDArray[Any]]) -> "Strata":
        """
        The strata of several targets. Of very many columns, those with the rarest labels are looked
        at: chance alone spreads the others.

        :param labels: For each target ``[n_rows]``, floats with NaN where missing or strings with
            None where missing; or ``[n_rows, n_columns]``, floats with NaN where missing.
        """
        codes: list[NDArray[np.int32]] = []
        wanted: list[bool] = []
        for column in _rarest(_columns(labels)):
            bins, each = _binned(column)
            there = np.bincount(bins) > 0
            codes.append((np.cumsum(there)[bins] - 1 + len(wanted)).astype(np.int32))
            wanted += [each and bool(number) for number in np.flatnonzero(there)]
        return cls(np.column_stack(codes), np.array(wanted))

    def at(self, rows: Rows) -> "Strata":
        """The strata of some rows."""
        return Strata(self.of[rows], self.wanted)

    def counts(self, owner: NDArray[Any], n_owners: int) -> Rows:
        """How many rows of each stratum each owner of rows has, ``[n_owners, n_strata]``."""
        size = len(self.wanted)
        cells = owner.astype(np.int64)[:, None] * size + self.of
        return np.bincount(cells.ravel(), minlength=n_owners * size).reshape(n_owners, size)

    @cached_property
    def sizes(self) -> Rows:
        """How many rows each stratum has, ``[n_strata]``."""
        return np.bincount(self.of.ravel(), minlength=len(self.wanted))

    @cached_property
    def _sorted(self) -> tuple[Rows, Rows]:
        """All cells in the order of their strata, and where each stratum begins and ends."""
        cells = np.argsort(self.of, axis=None, kind="stable")
        sizes = self.sizes
        return cells // self.of.shape[1], np.concatenate([[0], np.cumsum(sizes)])

    def rows(self, stratum: int) -> Rows:
        """The rows of a stratum."""
        rows, border = self._sorted
        return rows[border[stratum] : border[stratum + 1]]


def _columns(labels: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    return [column for target in labels for column in (target.T if target.ndim > 1 else [target])]


def _rarest(columns: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """As many columns as can be looked at, those first whose rarest label has the fewest rows."""
    most = max(1, CELLS // max(1, len(columns[0])))
    if len(columns) <= most:
        return columns
    sizes = [np.bincount(_binned(column)[0])[1:] for column in columns]
    rarest = [size[size > 0].min(initial=len(columns[0])) for size in sizes]
    return [columns[place] for place in np.sort(np.argsort(rarest, kind="stable")[:most])]


def _binned(labels: NDArray[Any]) -> tuple[Rows, bool]:
    """
    The number of the class or bin of each row, from 1; 0 where the label is missing. And whether
    each of them is wanted in every part.
    """
    if labels.dtype == object:
        words = ["" if label is None else f"={label}" for label in labels.tolist()]
        names, codes = np.unique(words, return_inverse=True)
        return codes + int(names[0] != ""), True
    known = ~np.isnan(labels)
    values = labels[known]
    bins = np.zeros(len(labels), np.int64)
    if ((values == 0) | (values == 1)).all():
        bins[known] = 1 + values.astype(np.int64)
        return bins, True
    n_bins = int(np.clip(len(values) // BIN_ROWS, 1, N_BINS))
    edges = np.quantile(values, np.linspace(0, 1, n_bins + 1)[1:-1])
    bins[known] = 1 + np.searchsorted(edges, values)
    return bins, n_bins == 1
