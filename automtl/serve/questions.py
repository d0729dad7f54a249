"""What a client asks, as the arrays that an exported file takes."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.features.text import parse_category, parse_datetime
from automtl.data.table import ColumnKind
from automtl.deploy.schema import Input
from automtl.errors import DataError
from automtl.suggest import did_you_mean

Json: TypeAlias = Any
SHOWN = 40  # characters of a wrong value


class Form(Enum):
    """How rows are written; the answer has the same form."""

    ROW = "one object"
    ROWS = "a list of objects"
    COLUMNS = "a list for each column"


@dataclass(frozen=True)
class Question:
    """
    Rows to predict from.

    :param feeds: Each input, ``[n_rows, 1]``, as `automtl.deploy.predict.Predictor.run` takes them.
    """

    feeds: Mapping[str, NDArray[Any]]
    form: Form


def read_question(body: bytes, inputs: Sequence[Input]) -> Question:
    """
    One row as an object, several as ``{"rows": [{...}, ...]}``, or columns as an object of lists.
    Missing values are null; every column must be there.

    :raises DataError: If it is something else; the message says what and where.
    """
    data = _parsed(body)
    if not isinstance(data, dict):
        raise DataError(
            'The body must be one row as an object, {"rows": [{...}, ...]}, or an object with a '
            f"list for each column, but is {_shown(data)}."
        )
    names = [column.name for column in inputs]
    if data.keys() == {"rows"} and names != ["rows"]:
        columns, form = _turned(data["rows"], names), Form.ROWS
    elif any(isinstance(value, list) for value in data.values()):
        columns, form = _checked_columns(data, names), Form.COLUMNS
    else:
        columns, form = _turned([data], names), Form.ROW
    return Question({i.name: _feed(i, columns[i.name]) for i in inputs}, form)


def _parsed(body: bytes) -> Json:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError("The body must be UTF-8 text.") from None
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_unrepeated)
    except RecursionError:
        raise DataError("The body must be JSON that is not nested deeply.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}"
        raise DataError(f"The body must be JSON, but is not: {where}: {error.msg}.") from None
    except DataError:
        raise
    except ValueError:  # of a number with thousands of digits
        raise DataError("The body holds a number that is too long.") from None


def _refuse(word: str) -> Json:
    raise DataError(f"The body must be JSON, which has no {word}. Write null where it is missing.")


def _unrepeated(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Keys must be unique, but {_shown(repeated)} is repeated.")
    return record


def _turned(rows: Json, names: Sequence[str]) -> dict[str, list[Json]]:
    """The columns of rows."""
    if not isinstance(rows, list) or not rows:
        raise DataError(f"'rows' must be a list of one object or more, but is {_shown(rows)}.")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DataError(f"Row {index} must be an object, but is {_shown(row)}.")
        _check_names(row, names, f"Row {index}" if len(rows) > 1 else "The row")
    return {name: [row[name] for row in rows] for name in names}


def _checked_columns(data: dict[str, Json], names: Sequence[str]) -> dict[str, list[Json]]:
    _check_names(data, names, "The body")
    for name, values in data.items():
        if not isinstance(values, list):
            raise DataError(f"Column '{name}' must be a list, as others are: {_shown(values)}.")
    lengths = {name: len(values) for name, values in data.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"All columns must have equally many rows, but they have {lengths}.")
    if not all(lengths.values()):
        raise DataError("The columns must have rows, but have none.")
    return data


def _check_names(given: Mapping[str, Json], names: Sequence[str], what: str) -> None:
    if unknown := next((name for name in given if name not in set(names)), None):
        raise DataError(
            f"{what} has {_shown(unknown)}, which is no input of the model: "
            f"{did_you_mean(unknown, names)}"
        )
    if missing := [name for name in names if name not in given]:
        raise DataError(
            f"{what} must have all columns, but these are missing: {', '.join(missing)}. Where a "
            f"value is unknown, write null."
        )


def _feed(column: Input, values: Sequence[Json]) -> NDArray[Any]:
    rule, convert = _RULES[column.kind]
    converted = []
    for index, value in enumerate(values):
        try:
            converted.append(convert(value))
        except (TypeError, ValueError, OverflowError):
            raise DataError(
                f"Column '{column.name}', row {index}: must be {rule} or null, but is "
                f"{_shown(value)}."
            ) from None
    dtype = object if column.kind.is_strings else np.float64
    return np.array(converted, dtype).reshape(-1, 1)


def _number(value: Json) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool | str) or not math.isfinite(number := float(value)):
        raise ValueError
    return number


def _boolean(value: Json) -> float:
    number = float(value) if isinstance(value, bool) else _number(value)
    if number not in (0, 1) and value is not None:
        raise ValueError
    return number


def _moment(value: Json) -> float:
    return parse_datetime(value) if isinstance(value, str) else _number(value)


def _text(value: Json) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # half of a surrogate pair is legal JSON, but not text
    return parse_category(value)


_RULES: dict[ColumnKind, tuple[str, Callable[[Json], Any]]] = {
    ColumnKind.NUMERIC: ("a finite number", _number),
    ColumnKind.BOOLEAN: ("true, false, 1, 0", _boolean),
    ColumnKind.DATETIME: ('a date-time such as "2024-02-29T12:30:00", seconds since 1970', _moment),
    ColumnKind.CATEGORICAL: ("text", _text),
    ColumnKind.TEXT: ("text", _text),
}


def _shown(value: Json) -> str:
    """The beginning of a value, as JSON in ASCII."""
    text = json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
