"""A table: typed columns of equal length, as numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray


class ColumnKind(StrEnum):
    """How the values of a column are to be understood."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"

    @property
    def is_strings(self) -> bool:
        """Whether the values are strings rather than floats."""
        return self in (ColumnKind.CATEGORICAL, ColumnKind.TEXT)


@dataclass(frozen=True)
class Column:
    """
    One column of a table.

    :param values: ``[n_rows]``. Numeric: floats. Boolean: 0.0 and 1.0. Date-time: seconds since
        1970 in UTC, as floats. In these three a missing value is NaN. Categorical and free text:
        strings, and a missing value is the empty string.
    """

    kind: ColumnKind
    values: NDArray[Any]

    @property
    def n_rows(self) -> int:
        """How many values there are."""
        return len(self.values)

    def at(self, rows: NDArray[Any] | slice) -> NDArray[Any]:
        """The values of some rows."""
        return self.values[rows]


@dataclass(frozen=True)
class SparseColumn:
    """
    One column of numbers or booleans that is zero in most rows, held without these.

    :param rows: Where it is not zero, ascending, ``[n_numbers]``.
    :param numbers: What it is there, NaN where it is missing, ``[n_numbers]``.
    """

    kind: ColumnKind
    rows: NDArray[np.int32]
    numbers: NDArray[np.float64]
    n_rows: int

    @classmethod
    def of(cls, kind: ColumnKind, values: NDArray[np.float64]) -> "SparseColumn":
        """``values``, ``[n_rows]``, without zeros."""
        rows = np.flatnonzero(values)
        return cls(kind, rows.astype(np.int32), values[rows], len(values))

    @property
    def values(self) -> NDArray[np.float64]:
        """The same with its zeros, ``[n_rows]``; made anew each time."""
        values = np.zeros(self.n_rows)
        values[self.rows] = self.numbers
        return values

    def at(self, rows: NDArray[Any] | slice) -> NDArray[np.float64]:
        """The values of some rows."""
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(self.n_rows)
            first, last = np.searchsorted(self.rows, (start, max(start, stop)))
            values = np.zeros(max(0, stop - start))
            values[self.rows[first:last] - start] = self.numbers[first:last]
            return values
        return self.values[rows]


AnyColumn: TypeAlias = Column | SparseColumn
Table: TypeAlias = Mapping[str, AnyColumn]  # by name, in the order of the file
