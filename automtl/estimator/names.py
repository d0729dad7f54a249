"""The names of the columns of X: which columns of another X are those of `fit`."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from automtl.errors import DataError
from automtl.estimator.exchange import library_of

Kind: TypeAlias = Literal["none", "text", "other"]


@dataclass(frozen=True)
class Names:
    """
    The names of the columns of X.

    :param of_table: Those of its columns as a table.
    :param kind: What the caller's are: an array has none, and a frame may have others than text.
    """

    of_table: tuple[str, ...]
    kind: Kind

    def matched(self, table: pa.Table, given: "Names") -> pa.Table:
        """
        The table with these names for its columns, which are as many: by name, or by position where
        only one of the two has names, or names of text, as scikit-learn has it.

        :raises DataError: If both have names, and not the same ones.
        """
        if self.kind != given.kind:
            return table.rename_columns(list(self.of_table))
        there = set(given.of_table)
        if missing := [name for name in self.of_table if name not in there]:
            raise DataError(
                f"X must have the columns that it had in fit, but {missing} are missing. It has "
                f"{list(given.of_table)}. Name them as in fit."
            )
        return table


def names_of(inputs: Any, table: pa.Table) -> Names:
    """The names of the columns of X, which became this table."""
    kind: Kind = "none" if library_of(inputs) == "numpy" else "text"
    if is_frame(inputs) and not all(isinstance(name, str) for name in inputs.columns):
        kind = "other"
    return Names(tuple(table.column_names), kind)


def is_frame(inputs: Any) -> bool:
    """Whether it is a data frame of pandas or polars."""
    return library_of(inputs) in ("pandas", "polars") and len(inputs.shape) == 2
