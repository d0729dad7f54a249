"""Several files with the same inputs and different labels, as one table."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from automtl.core.runs import is_runs, plain, plain_type
from automtl.errors import DataError
from automtl.suggest import did_you_mean


def concatenate(
    tables: Mapping[str, pa.Table],
    targets: Mapping[str, Collection[str]],
    origin: str | None = None,
) -> pa.Table:
    """
    Concatenates the rows of the files, in order; a row has labels for the targets of its own file,
    and nulls for the others.

    Columns that are no target of any file are inputs, or what the split depends on: every file must
    have them all. Types are unified where no value changes its meaning: whole numbers and
    fractions, moments of different precision, and a column without any value with all others.

    :param tables: The rows of each file, by its path. Columns to ignore are not among them.
    :param targets: The columns with labels of each file, by its path. Files may share some.
    :param origin: The name of a column to add, with the path of the file that each row is of. It is
        no input: what follows from it is the choice of files, not the world.
    :raises DataError: If a target is not in its file, files have other inputs, their types cannot
        be unified, or a target of one file is another column in another. The message begins with
        the path of the file.
    """
    inputs = check_columns({p: table.column_names for p, table in tables.items()}, targets)
    if origin is not None and (there := _having(origin, tables)) is not None:
        raise DataError(
            f"{there}, column '{origin}': the column that tells the files apart must have a name "
            f"of its own, but there is such a column already."
        )
    schemas = {path: table.schema for path, table in tables.items()}
    schema = pa.schema([_unified(name, schemas) for name in _all_columns(inputs, targets)])
    aligned = [_aligned(table, schema, path, origin) for path, table in tables.items()]
    return pa.concat_tables(aligned).combine_chunks()


def check_columns(
    columns: Mapping[str, Sequence[str]], targets: Mapping[str, Collection[str]]
) -> list[str]:
    """
    Checks that files can be concatenated, by the names of their columns alone.

    :param columns: Those of each file, by its path.
    :returns: The columns that are no target of any file.
    :raises DataError: As `concatenate`.
    """
    first = next(iter(columns))
    inputs = [name for name in columns[first] if name not in targets[first]]
    for path, names in columns.items():
        _check_targets(path, names, targets)
        _check_inputs(path, names, targets, inputs, first)
    return inputs


def _having(name: str, tables: Mapping[str, pa.Table]) -> str | None:
    return next((path for path, table in tables.items() if name in table.column_names), None)


def _all_columns(inputs: list[str], targets: Mapping[str, Collection[str]]) -> list[str]:
    return list(dict.fromkeys([*inputs, *(name for own in targets.values() for name in own)]))


def _check_targets(
    path: str, columns: Sequence[str], targets: Mapping[str, Collection[str]]
) -> None:
    """Every target of the file is there, and no target of another file is something else here."""
    for name in targets[path]:
        if name not in columns:
            mend = did_you_mean(name, columns)
            message = f"{path}: there is no column '{name}', named as a target; {mend}"
            raise DataError(message).at("sources", path, name)
    for other, names in targets.items():
        for name in set(names) - set(targets[path]):
            if name in columns:
                raise DataError(
                    f"{path}, column '{name}': a target of one file must be a target, or not be "
                    f"there, in the others, but it is a target of {other} alone. Name it as a "
                    f"target here too, or ignore it."
                )


def _check_inputs(
    path: str,
    columns: Sequence[str],
    targets: Mapping[str, Collection[str]],
    inputs: list[str],
    first: str,
) -> None:
    own = [name for name in columns if name not in targets[path]]
    missing, extra = _without(inputs, own), _without(own, inputs)
    if missing or extra:
        found = "; ".join(_differences(missing, extra))
        raise DataError(
            f"{path}: every source must have the inputs of {first}, but {found}. Rename or add the "
            f"columns, or ignore them in all sources."
        )


def _without(names: list[str], others: list[str]) -> list[str]:
    there = set(others)
    return [name for name in names if name not in there]


def _differences(missing: list[str], extra: list[str]) -> Iterator[str]:
    if missing:
        hints = (f"'{name}'{_hint(name, extra)}" for name in missing[:12])
        yield f"it lacks {', '.join(hints)}{_more(missing)}"
    if extra:
        names = ", ".join(f"'{name}'" for name in extra[:12])
        yield f"it has {names}{_more(extra)} besides"


def _hint(name: str, extra: list[str]) -> str:
    mend = did_you_mean(name, extra)
    return f" ({mend})" if mend.startswith("did you mean") else ""


def _more(names: list[str]) -> str:
    return f" and {len(names) - 12} more" if len(names) > 12 else ""


def _unified(name: str, schemas: Mapping[str, pa.Schema]) -> pa.Field:
    """The column's field, of a type that holds the values of all files."""
    there = {p: s.field(name).type for p, s in schemas.items() if s.get_field_index(name) >= 0}
    runs = [kind for kind in there.values() if is_runs(kind)]
    if runs and {plain_type(kind) for kind in there.values()} == {runs[0].value_type}:
        return pa.field(name, runs[0])
    result: pa.Field | None = None
    seen = ""
    for path, own in there.items():
        field = pa.field(name, _plain(own))
        if result is None or pa.types.is_null(result.type):
            result, seen = field, path
        elif not pa.types.is_null(field.type):
            result = _common(result, field, seen, path)
    return result


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, however they are stored."""
    kind = plain_type(kind)
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if pa.types.is_large_string(kind) else kind


def _common(known: pa.Field, field: pa.Field, seen: str, path: str) -> pa.Field:
    pair = [known.type, field.type]
    numbers = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in pair]
    if all(numbers) and any(pa.types.is_floating(kind) for kind in pair):
        return field.with_type(pa.float64())  # fewer bits would round whole numbers
    for date, moment in (pair, pair[::-1]):
        if pa.types.is_date(date) and pa.types.is_timestamp(moment) and moment.tz is None:
            return field.with_type(moment)
    try:
        schemas = [pa.schema([known]), pa.schema([field])]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        raise DataError(
            f"{path}, column '{field.name}': a column must be of one type in all sources, but here "
            f"it is {field.type}, and in {seen} {known.type}. Mend the values that differ, or "
            f"ignore the column."
        ) from None


def _aligned(table: pa.Table, schema: pa.Schema, path: str, origin: str | None) -> pa.Table:
    """The table with all columns, nulls in those that it does not have."""
    n_rows, there = table.num_rows, set(table.column_names)
    columns = [
        _cast(table[field.name], field, path)
        if field.name in there
        else pa.nulls(n_rows, field.type)
        for field in schema
    ]
    aligned = pa.table(columns, schema=schema)
    if origin is not None:
        aligned = aligned.append_column(origin, pa.array([path] * n_rows, pa.string()))
    return aligned


def _cast(values: pa.ChunkedArray, field: pa.Field, path: str) -> pa.ChunkedArray:
    if values.type == field.type:
        return values
    if is_runs(field.type):
        return pc.run_end_encode(values, field.type.run_end_type)
    try:
        return plain(values).cast(field.type, safe=not pa.types.is_floating(field.type))
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{path}, column '{field.name}': must fit the type of all sources, {field.type}, but "
            f"a value of type {values.type} does not: {error}. Mend it, or ignore the column."
        ) from None
