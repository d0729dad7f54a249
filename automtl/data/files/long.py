"""Long form: a column that says which task a row's label is of, made wide."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from automtl.core.runs import plain, taken
from automtl.data.features.text import NULLS
from automtl.data.files.source import Source
from automtl.data.parts.strata import Rows


class Widened(NamedTuple):
    """
    A table with a column of labels for each task.

    :param table: The other columns, then one for each task, null where a row has no label for it.
    :param tasks: The names of the tasks, in the order in which they appear.
    :param rows: Which row of the long table each row comes from: the first of those that were
        merged, ``[n_rows]``.
    """

    table: pa.Table
    tasks: list[str]
    rows: Rows


def widen(
    table: pa.Table, task_column: str, value_column: str, source: Source, merge: bool = True
) -> Widened:
    """
    Makes a column of each task.

    Merging loses nothing: rows are merged if all other columns, missing values included, are
    equal and their tasks differ. Of several labels for one task, equal or not, each stays in a row
    of its own. A column that tells the rows apart, such as an identifier, must be dropped before.

    :param table: In long form; rows are in the order of the file.
    :param task_column: The column that names the task of each row.
    :param value_column: The column with the label, which may be missing.
    :param merge: Whether to merge rows; otherwise each stays as it is.
    :raises DataError: If there is no such column, a row has no task, or a task has the name of
        another column.
    """
    others = [name for name in table.column_names if name not in (task_column, value_column)]
    task, tasks = _tasks(table[task_column], others, source, task_column)
    place = _merged(table.select(others), task) if merge else np.arange(table.num_rows)
    n_rows = int(place.max(initial=-1)) + 1
    first = np.full(n_rows, table.num_rows)
    np.minimum.at(first, place, np.arange(table.num_rows))
    wide = pa.table({name: taken(table[name], first) for name in others})
    labels = plain(table[value_column])
    for number, name in enumerate(tasks):
        rows = np.flatnonzero(task == number)
        chosen = np.full(n_rows, -1)
        chosen[place[rows]] = rows
        values = labels.take(pa.array(chosen, mask=chosen < 0))
        wide = wide.append_column(name, values)
    return Widened(wide, tasks, first)


def _tasks(
    names: pa.ChunkedArray, others: list[str], source: Source, column: str
) -> tuple[Rows, list[str]]:
    """The number of each row's task, and the names of the tasks."""
    words = plain(names).cast(pa.string())
    missing = pc.fill_null(pc.is_in(words, pa.array(NULLS - {""})), False)
    missing = pc.or_(missing, pc.equal(pc.fill_null(words, ""), ""))
    if (row := pc.index(missing, True).as_py()) >= 0:
        raise source.error(
            "every row must name its task, but here it is missing. Fill it in, or drop the row.",
            column,
            row,
        )
    codes, found = _codes(words)
    tasks = [str(name) for name in found.to_pylist()]
    if clash := next((name for name in tasks if name in others), None):
        row = pc.index(words, clash).as_py()
        raise source.error(
            f"a task must not have the name of a column, but '{clash}' is both. Rename one.",
            column,
            row,
        )
    return codes, tasks


def _merged(others: pa.Table, task: Rows) -> Rows:
    """
    The row of the wide table that each row goes to: one for each combination of the other
    columns, and as many more as a task has further labels there; ``[n_rows]``.
    """
    alike = np.zeros(len(task), np.int64)
    for column in others.columns:
        codes, names = _codes(column)
        alike = _numbered(alike * max(1, len(names)) + codes)
    repeat = _occurrence(_numbered(alike * (task.max(initial=0) + 1) + task))
    return _numbered(alike * (repeat.max(initial=0) + 1) + repeat)


def _codes(column: pa.ChunkedArray) -> tuple[Rows, pa.Array]:
    """The number of each value, a missing one included, and the values in order of appearance."""
    column = plain(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary


def _numbered(codes: NDArray[np.int64]) -> Rows:
    """Numbers without gaps in order of appearance, equal where the codes are."""
    _, first, number = np.unique(codes, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[number]


def _occurrence(codes: Rows) -> Rows:
    """How many times the same code came before, ``[n_rows]``."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    before = np.arange(len(codes)) - np.repeat(starts, np.diff(starts, append=len(codes)))
    result = np.empty(len(codes), np.int64)
    result[order] = before
    return result
