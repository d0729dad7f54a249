"""A table: typed columns of equal length, as numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

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


Table: TypeAlias = Mapping[str, Column]  # by name, in the order of the file
