"""What the columns of a file are, and what can be learned from them."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from automtl.core.runs import is_runs, plain, runs_of
from automtl.data.features.ngrams import split_words
from automtl.data.features.sparse import DENSITY
from automtl.data.features.text import (
    FALSE_WORDS,
    NULLS,
    TRUE_WORDS,
    parse_boolean,
    parse_category,
    parse_datetime,
    parse_number,
)
from automtl.data.files.source import Source
from automtl.data.table import AnyColumn, Column, ColumnKind, SparseColumn
from automtl.errors import DataError

Parse: TypeAlias = Callable[[str], Any]

MAX_CLASSES = 10  # numbers with more distinct values are a quantity rather than names
IDENTIFIER_SHARE = 0.95  # of distinct values among the known ones of a text column
IDENTIFIER_ROWS = 20  # with fewer, distinct values may be chance
TEXT_SHARE = 0.5  # of distinct values among the known ones, from which on they may be free text
TEXT_WORDS = 3  # that a free text has on average, at least
SPARSE_KINDS = (ColumnKind.NUMERIC, ColumnKind.BOOLEAN)  # that zero is a value of
_SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_PARSERS: dict[ColumnKind, Parse] = {
    ColumnKind.NUMERIC: parse_number,
    ColumnKind.BOOLEAN: parse_boolean,
    ColumnKind.DATETIME: parse_datetime,
    ColumnKind.CATEGORICAL: parse_category,
    ColumnKind.TEXT: parse_category,
}


def infer_kind(values: pa.ChunkedArray) -> ColumnKind | None:
    """
    How the values of a column are to be understood; None where its type cannot be an input.

    Strings are booleans if they are one word for true and one for false, date-times if all of them
    are, free text if most of them are distinct and of several words, and categories otherwise.
    """
    if is_runs(values.type):
        return _infer_runs(values)
    kind = values.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return ColumnKind.BOOLEAN
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return ColumnKind.DATETIME
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ColumnKind.NUMERIC
    if _is_text(kind) or pa.types.is_null(kind):
        return _infer_text(values)
    return None


def to_column(
    values: pa.ChunkedArray, kind: ColumnKind, source: Source, name: str
) -> Column | SparseColumn:
    """
    The column as numbers or strings. A number that is not finite counts as missing. Runs of numbers
    or booleans that are mostly zero are held without zeros.

    :raises DataError: If a value is not of the kind; the message names the first one.
    """
    if is_runs(values.type):
        found = None if kind.is_strings else _sparse(values, kind, source, name)
        return found or to_column(plain(values), kind, source, name)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if kind.is_strings and not _is_text(values.type):
        values = values.cast(pa.string())
    if _is_text(values.type):
        return Column(kind, _parsed(values, kind, source, name))
    return Column(kind, _numbers(values))


def _sparse(
    values: pa.ChunkedArray, kind: ColumnKind, source: Source, name: str
) -> SparseColumn | None:
    """Runs without their zeros; None if not most are, or a value is not of the kind."""
    ends, found = runs_of(values)
    try:
        numbers = to_column(pa.chunked_array([found]), kind, source, name).values
    except DataError:
        return None
    lengths, other = np.diff(ends, prepend=0), numbers != 0
    if kind not in SPARSE_KINDS or lengths[other].sum() >= DENSITY * lengths.sum():
        return None
    spans, starts = lengths[other], (ends - lengths)[other]
    before = np.cumsum(spans) - spans
    rows = np.repeat(starts - before, spans) + np.arange(spans.sum())
    return SparseColumn(kind, rows.astype(np.int32), np.repeat(numbers[other], spans), len(values))


def infer_task_kind(labels: pa.ChunkedArray) -> tuple[str, str]:
    """
    The name of the task kind that fits labels written as text, and the reason, such as
    ``94 distinct numbers``. Two labels make it binary; otherwise it is regression if they are
    numbers, many of them or some with a fraction, and multi-class if not.
    """
    distinct = {parse_category(label) for label in pc.unique(labels).drop_null().to_pylist()} - {""}
    numbers = _all_parse(distinct, parse_number)
    reason = f"{len(distinct)} distinct {'numbers' if numbers else 'labels'}"
    if len(distinct) == 2:
        return "binary", reason
    quantity = numbers and (len(distinct) > MAX_CLASSES or any(map(_is_fraction, distinct)))
    return "regression" if quantity else "multiclass", reason


def why_useless(column: AnyColumn, train: NDArray[np.int64]) -> str | None:
    """Why nothing can be learned from an input, if so; ``train`` are the training rows."""
    strings, values = column.kind.is_strings, column.values
    missing = values == "" if strings else np.isnan(values)
    if missing.all():
        return "all its values are missing"
    if missing[train].all():
        return "all its values are missing in the training rows"
    given = values[train]
    known = given if strings else given[~missing[train]]
    if (known == known[0]).all():
        huge = not strings and abs(float(known[0])) > 2**53
        same = "the same 64-bit float" if huge else "the same"
        return f"it is {same} in all training rows"
    if column.kind == ColumnKind.TEXT and not any(map(split_words, known.tolist())):
        return "it has no words in the training rows"
    return None


def why_identifier(column: AnyColumn) -> str | None:
    """Why an input seems to name the rows instead of describing them, if so."""
    values = column.values
    if column.kind == ColumnKind.CATEGORICAL:
        known = values[values != ""].tolist()
        distinct = len(set(known))
        if len(known) < IDENTIFIER_ROWS or distinct < IDENTIFIER_SHARE * len(known):
            return None
        return f"{distinct} of its {len(known)} values are distinct, so it seems an identifier"
    if column.kind != ColumnKind.NUMERIC or not float(values[0]).is_integer():
        return None
    if np.array_equal(values, values[0] + np.arange(len(values))):
        return "it counts the rows one by one, so it seems an identifier"
    return None


def _infer_runs(values: pa.ChunkedArray) -> ColumnKind | None:
    """As `infer_kind`, from one value of each run; free text needs them all."""
    _, found = runs_of(values)
    kind = infer_kind(pa.chunked_array([found]))
    return infer_kind(plain(values)) if kind is ColumnKind.TEXT else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_fraction(word: str) -> bool:
    return not parse_number(word).is_integer()


def _infer_text(values: pa.ChunkedArray) -> ColumnKind:
    words = set(pc.unique(values).drop_null().to_pylist()) - NULLS
    lower = {word.strip().lower() for word in words}
    if len(lower) == 2 and lower & TRUE_WORDS and lower & FALSE_WORDS:
        return ColumnKind.BOOLEAN
    if words and _all_parse(words, parse_datetime):
        return ColumnKind.DATETIME
    return ColumnKind.TEXT if _is_free_text(values, words) else ColumnKind.CATEGORICAL


def _is_free_text(values: pa.ChunkedArray, words: set[str]) -> bool:
    """Whether most values are distinct, and have several words."""
    if len(words) < IDENTIFIER_ROWS:
        return False
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    missing = pc.is_in(values.fill_null(""), pa.array(sorted(NULLS)))
    if len(words) < TEXT_SHARE * pc.sum(pc.invert(missing)).as_py():
        return False
    return sum(len(text.split()) for text in words) >= TEXT_WORDS * len(words)


def _all_parse(words: set[str], parse: Parse) -> bool:
    try:
        for word in words:
            parse(word)
    except ValueError:
        return False
    return True


def _parsed(values: pa.ChunkedArray, kind: ColumnKind, source: Source, name: str) -> NDArray[Any]:
    """Parses each distinct text once, in the order of the file."""
    encoded = values.fill_null("").combine_chunks().dictionary_encode()
    parsed = []
    for word in encoded.dictionary.to_pylist():
        try:
            parsed.append(_PARSERS[kind](word))
        except ValueError as error:
            raise _misfit(values, word, str(error), source, name) from None
    dtype = object if kind.is_strings else np.float64
    values = np.array(parsed, dtype)
    return np.asarray(values[encoded.indices.to_numpy()])


def _misfit(
    values: pa.ChunkedArray, word: str, message: str, source: Source, name: str
) -> DataError:
    mend = "Mend the value, leave it empty, or give the column another kind."
    return source.error(f"{message}. {mend}", name, pc.index(values, word).as_py())


def _numbers(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Numbers, booleans and moments as floats."""
    kind, factor = values.type, 1.0
    if pa.types.is_timestamp(kind):
        values, factor = values.cast(pa.int64()), _SECONDS[kind.unit]
    elif pa.types.is_date(kind):  # either counts days or milliseconds
        values, factor = values.cast(pa.timestamp("s")).cast(pa.int64()), 1.0
    floats = values.cast(pa.float64(), safe=False).to_numpy() / factor
    return np.where(np.isfinite(floats), floats, np.nan)
