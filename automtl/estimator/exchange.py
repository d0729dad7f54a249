"""Tables of a caller's own kind, in and out: data frames, series, Arrow tables, arrays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from automtl.data.files.frame import is_sparse_matrix, matrix_columns, to_table
from automtl.data.labels.labelsets import read_set
from automtl.errors import DataError

Library: TypeAlias = Literal["pandas", "polars", "arrow", "mapping", "numpy"]


@dataclass(frozen=True)
class Form:
    """
    What a table of labels was, so that predictions can be given in the same form.

    :param library: Whose table it was.
    :param flat: Whether it was a series, or an array ``[n_rows]``.
    :param names: Its columns, as the caller named them, by their names in a file.
    """

    library: Library
    flat: bool
    names: Mapping[str, Any]

    def give(self, columns: Mapping[str, NDArray[Any]], like: Any = None) -> Any:
        """
        Columns ``[n_rows]`` as a table of this form: an array ``[n_rows]``, or a series, if it was
        one and there is one column; else an array ``[n_rows, n_columns]`` or a frame.

        :param like: If this is a frame of pandas, one of pandas gets its index.
        """
        if self.library == "numpy":
            arrays = list(columns.values())
            return arrays[0] if self.flat and len(arrays) == 1 else np.column_stack(arrays)
        named = {self.names.get(name, name): values for name, values in columns.items()}
        frame = as_frame(named, self.library, like)
        return frame[next(iter(named))] if self.flat and len(named) == 1 else frame


def as_frame(columns: Mapping[Any, NDArray[Any]], library: Library, like: Any = None) -> Any:
    """Columns ``[n_rows]`` as a data frame of pandas or polars, an Arrow table or a mapping."""
    if library == "mapping":
        return dict(columns)
    if library == "arrow":
        return pa.table({str(name): values for name, values in columns.items()})
    made = import_module(library).DataFrame(dict(columns))
    if library == "pandas" and library_of(like) == "pandas":
        made.index = getattr(like, "index", made.index)
    return made


def library_of(table: Any) -> Library:
    """Whose table it is; what is neither a frame, a series nor a mapping is taken for an array."""
    kind = type(table)
    homes = {base.__module__.split(".")[0] for base in kind.__mro__} & {"pandas", "polars"}
    if homes:  # these have arrays besides
        tables = hasattr(kind, "columns") or hasattr(kind, "to_frame")
        return homes.pop() if tables else "numpy"  # type: ignore[return-value]
    if isinstance(table, (pa.Table, pa.RecordBatch)) or hasattr(table, "to_arrow"):
        return "arrow"
    return "mapping" if isinstance(table, Mapping) and not is_sparse_matrix(table) else "numpy"


def form_of(table: Any) -> Form:
    """The form of labels: of a frame, a series or an array with one or two dimensions."""
    library, flat = library_of(table), _is_flat(table)
    names: list[Any] = []
    if library in ("pandas", "polars"):
        names = [table.name] if flat else list(table.columns)
    elif library == "mapping":
        names = list(table)
    return Form(library, flat, {str(name): name for name in names})


def as_table(table: Any, letter: str) -> pa.Table:
    """
    A frame, series, mapping, array or sparse matrix as an Arrow table.

    :param letter: What the columns of an array are called: this if there is one, else this with a
        number from 0; and an unnamed series.
    :raises DataError: If a column does not hold values of one type, or names are repeated.
    """
    if library_of(table) != "numpy":
        if _is_flat(table):
            table = table.to_frame() if table.name not in (None, "") else table.to_frame(letter)
        return to_table(table)
    if _is_flat(table):
        return to_table({letter: np.asarray(table)})
    columns = matrix_columns(table)
    return to_table(dict(zip(_names(len(columns), letter), columns, strict=True)))


def with_sets(
    labels: pa.Table, separators: Mapping[str, str], known: Collection[str] = ()
) -> pa.Table:
    """
    Labels with a column of 0 and 1 for each label of the sets that are written in one column.

    :param separators: What stands between the labels of a set, by its column.
    :param known: More labels, which may be in no row.
    """
    there = [column for column in separators if column in labels.column_names]
    for column in there:
        names, flags = read_set(labels[column], separators[column])
        found = dict(zip(names, flags.T, strict=True))
        none = np.where(labels[column].is_valid().to_numpy(), 0.0, np.nan)
        for name in (*names, *known):
            if name not in labels.column_names:
                values = pa.array(found.get(name, none), from_pandas=True).cast(pa.int64())
                labels = labels.append_column(name, values)
    return labels


def joined(inputs: pa.Table, labels: pa.Table) -> pa.Table:
    """
    Inputs and labels side by side.

    :raises DataError: If a column is in both.
    """
    if both := sorted(set(inputs.column_names) & set(labels.column_names)):
        raise DataError(
            f"The columns of X and y must have different names, but {both} are in both. Rename "
            f"them in one of the two, or take the labels out of X."
        )
    names = [*inputs.column_names, *labels.column_names]
    return pa.table([*inputs.columns, *labels.columns], names=names)


def _is_flat(table: Any) -> bool:
    """Whether it has one dimension; a frame is not converted to find that out."""
    if library_of(table) == "numpy":
        return np.ndim(table) == 1
    return len(getattr(table, "shape", ())) == 1


def _names(width: int, letter: str) -> list[str]:
    """The names of the columns of an array; a single one of labels is called as a flat one is."""
    return [letter] if width == 1 else [f"{letter}{number}" for number in range(width)]
