"""What a caller has in memory, as the arrays that an exported file takes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from automtl.data.features.text import parse_category
from automtl.data.table import ColumnKind
from automtl.deploy.schema import Input
from automtl.errors import DataError

Values: TypeAlias = ArrayLike  # ``[n_rows]`` or ``[n_rows, 1]``: a list, an array, a column...


def to_feed(column: Input, values: Values) -> NDArray[Any]:
    """
    The values of a column as an array ``[n_rows, 1]`` of doubles or strings.

    :param values: Missing values are None, NaN or NaT. Booleans may be numbers, date-times may be
        ``datetime64``, ``datetime`` (in UTC where they have no zone) or seconds since 1970 in UTC.
    :raises DataError: If a value is not of the column's kind; the message names the first one.
    """
    array = np.asarray(values, dtype=object if isinstance(values, list | tuple) else None)
    if array.ndim != 1 and (array.ndim != 2 or array.shape[1] != 1):
        raise DataError(
            f"Column '{column.name}' must have the shape [n_rows] or [n_rows, 1], but has "
            f"{list(array.shape)}."
        )
    return _FEEDS[column.kind](column.name, array.reshape(-1)).reshape(-1, 1)


def _numbers(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    return _each(name, values, _number, "numbers", np.float64)


def _booleans(name: str, values: NDArray[Any]) -> NDArray[Any]:
    numbers = _numbers(name, values)
    wrong = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
    if wrong.any():
        raise _misfit(name, "true, false, 1 or 0", int(wrong.argmax()), values[wrong.argmax()])
    return numbers


def _moments(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "M":
        return np.asarray((values - np.datetime64(0, "s")) / np.timedelta64(1, "s"))
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    return _each(name, values, _moment, "date-times, or seconds since 1970 in UTC", np.float64)


def _texts(name: str, values: NDArray[Any]) -> NDArray[Any]:
    return _each(name, values.astype(object), _text, "text", object)


_FEEDS: dict[ColumnKind, Callable[[str, NDArray[Any]], NDArray[Any]]] = {
    ColumnKind.NUMERIC: _numbers,
    ColumnKind.BOOLEAN: _booleans,
    ColumnKind.DATETIME: _moments,
    ColumnKind.CATEGORICAL: _texts,
    ColumnKind.TEXT: _texts,
}


def _each(
    name: str, values: NDArray[Any], convert: Callable[[Any], Any], rule: str, dtype: type
) -> NDArray[Any]:
    converted: NDArray[Any] = np.empty(len(values), dtype)
    for index, value in enumerate(values):
        try:
            converted[index] = convert(value)
        except (TypeError, ValueError, OverflowError):
            raise _misfit(name, rule, index, value) from None
    return converted


def _number(value: Any) -> float:
    if isinstance(value, str | bytes):
        raise TypeError  # `float` would parse it, by other rules than a file is read
    return np.nan if value is None else float(value)


def _moment(value: Any) -> float:
    if isinstance(value, np.datetime64):
        return float((value - np.datetime64(0, "s")) / np.timedelta64(1, "s"))
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return _number(value)


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if not isinstance(value, str):
        raise TypeError
    return parse_category(str(value))  # a plain string, where it is numpy's


def _misfit(name: str, rule: str, index: int, value: Any) -> DataError:
    return DataError(
        f"Column '{name}' must hold {rule}, but at index {index} is {value!r} "
        f"({type(value).__name__}). Convert it; a missing value is None or NaN."
    )
