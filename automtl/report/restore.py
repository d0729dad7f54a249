"""JSON data back to the frozen data they were written from."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from math import nan
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


def restore(kind: Any, data: Any) -> Any:
    """
    A value of the type ``kind``, of data as ``asdict`` and then JSON make them of it. Sequences
    become tuples; None where there must be a number is NaN, which JSON does not know.

    :param kind: A dataclass of such types, ``X | None``, a tuple, sequence or mapping, a path, or
        what JSON has.
    :raises KeyError, TypeError, ValueError: If the data are no such value.

    >>> restore(tuple[float, ...], [1, None])
    (1.0, nan)
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        kinds = [one for one in inner if one is not type(None)]
        return restore(kinds[0], data) if len(kinds) == 1 and data is not None else data
    if origin is not None and issubclass(origin, Mapping):
        return {key: restore(inner[1], value) for key, value in data.items()}
    if origin is not None:
        each = origin is tuple and inner[-1] is not ...
        kinds = list(inner) if each else [inner[0]] * len(data)
        return tuple(restore(one, value) for one, value in zip(kinds, data, strict=True))
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{name: restore(hints[name], value) for name, value in data.items()})
    if kind is float:
        return nan if data is None else float(data)
    return Path(data) if kind is Path else data
