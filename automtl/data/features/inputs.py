"""Columns that become inputs, and those that are set aside."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from automtl.core.runs import plain, plain_type
from automtl.data.check import split_column
from automtl.data.features.infer import (
    SPARSE_KINDS,
    infer_kind,
    to_column,
    why_identifier,
    why_useless,
)
from automtl.data.features.lookalikes import odd_one_out, seeming
from automtl.data.features.sparse import MANY, is_mostly_zero
from automtl.data.files.source import Source
from automtl.data.parts.strata import Rows
from automtl.data.request import DataRequest
from automtl.data.table import AnyColumn, Column, ColumnKind, SparseColumn, Table


def input_names(request: DataRequest, names: Sequence[str]) -> list[str]:
    """The columns asked for, or all that have no other purpose; in the order of the file."""
    if request.inputs is not None:
        return [name for name in names if name in request.inputs]
    taken = {*request.ignore, *request.aside, split_column(request.split)}
    for target in request.targets:
        taken |= {*target.label_columns, target.query}
    return [name for name in names if name not in taken]


def read_inputs(
    request: DataRequest, raw: pa.Table, train: Rows, source: Source
) -> tuple[Table, list[str]]:
    """
    The columns to predict from, and a note on each that is set aside.

    :raises DataError: If a value is not of its column's kind, or no column is left.
    """
    table: dict[str, AnyColumn] = {}
    notes = []
    for name in input_names(request, raw.column_names):
        column = _read(request, raw[name], source, name)
        reason = _why_not(request, name, column, train)
        seems = None if name in request.columns else _seeming(column, raw[name])
        if reason:
            what = name or f"column {raw.column_names.index(name) + 1}"
            note = f"{what}: set aside, {reason}"
            notes.append(f"{note}; but it seems to hold {seems}" if seems else note)
        elif column is not None:
            table[name] = column
            notes += [f"{name}: {column.kind}, but it seems to hold {seems}"] if seems else []
    table = _without_zeros(table)
    if not table:
        reasons = "; ".join(notes) or "every column is a target, ignored or used for the split"
        raise source.error(
            f"at least one input must be left, but none is ({reasons}). Add a column."
        )
    return table, [*_repairs(raw, table), *notes, *_aside(request, table)]


def _without_zeros(table: dict[str, AnyColumn]) -> dict[str, AnyColumn]:
    """The columns; those that are mostly zero are held without zeros if there are many."""
    zeros = {name for name, column in table.items() if _may_be_sparse(column)}
    if len(zeros) <= MANY:
        return table
    return {
        name: SparseColumn.of(column.kind, column.values)
        if name in zeros and isinstance(column, Column)
        else column
        for name, column in table.items()
    }


def _may_be_sparse(column: AnyColumn) -> bool:
    if isinstance(column, SparseColumn):
        return True
    return column.kind in SPARSE_KINDS and is_mostly_zero(column.values)


def _read(
    request: DataRequest, values: pa.ChunkedArray, source: Source, name: str
) -> AnyColumn | None:
    kind = request.columns.get(name) or infer_kind(values)
    if kind is not None:
        if name not in request.columns and kind.is_strings:
            _check_alike(values, kind, source, name)
        return to_column(values, kind, source, name)
    if request.inputs is not None:
        raise source.error(
            f"an input must hold text, numbers, booleans or dates, but it holds {values.type}. "
            f"Take it out of the inputs.",
            name,
        )
    return None


def _check_alike(values: pa.ChunkedArray, kind: ColumnKind, source: Source, name: str) -> None:
    """
    Makes sure that a column of numbers or dates is not taken for names because of a few cells.

    :raises DataError: If it seems so.
    """
    if found := odd_one_out(plain(values)):
        what, word, n_odd = found
        others = f" (nor are {n_odd - 1} others)" if n_odd > 1 else ""
        raise source.error(
            f"nearly all values are {what}, but '{word}' is not{others}. Mend it, leave it empty, "
            f"or say what the column is: `columns: {{{name}: {kind}}}`.",
            name,
            pc.index(plain(values), word).as_py(),
        )


def _seeming(column: AnyColumn | None, values: pa.ChunkedArray) -> str | None:
    """What a column that was inferred to hold categories seems to hold in fact, if anything."""
    categorical = column is not None and column.kind is ColumnKind.CATEGORICAL
    return seeming(plain(values)) if categorical else None


def _why_not(request: DataRequest, name: str, column: AnyColumn | None, train: Rows) -> str | None:
    if not name:
        return "it has no name in the header"
    if column is None:
        return "its values are neither text, numbers, booleans nor dates"
    asked_for = name in (*(request.inputs or ()), *request.columns)
    return why_useless(column, train) or (None if asked_for else why_identifier(column))


def _aside(request: DataRequest, table: Table) -> list[str]:
    """A note on each column that the file, not the user, says is a label."""
    if request.long is not None or request.sources:
        return []
    left = [name for name in request.aside if name not in (*table, *request.ignore)]
    return [f"{name}: set aside, the file says that it is a label" for name in left]


def _repairs(raw: pa.Table, table: Table) -> list[str]:
    """A note on each column of numbers where some count as missing, because they are infinite."""
    notes = []
    for name in table:
        floating = pa.types.is_floating(plain_type(raw[name].type))
        if floating and (infinite := pc.sum(pc.is_inf(plain(raw[name]))).as_py()):
            notes.append(f"{name}: {infinite} infinite values count as missing")
    return notes
