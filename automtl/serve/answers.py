"""What is predicted, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.deploy.schema import Output
from automtl.serve.questions import Form

Found: TypeAlias = Mapping[str, NDArray[Any]]  # by the names of outputs
Json: TypeAlias = Any


def answer(outputs: Sequence[Output], found: Found, form: Form) -> Json:
    """
    By task: ``label`` and ``probabilities``; or ``labels``, true or false each, and
    ``probabilities``; or ``value``; or ``values``. One object, or a list of them under ``rows``;
    or, for columns, lists where a row has one value. Numbers that are not finite are None.
    """
    columns = {output.task: _columns(output, found) for output in outputs}
    if form is Form.COLUMNS:
        return columns
    n_rows = len(found[outputs[0].name])
    rows = [_row(columns, index) for index in range(n_rows)]
    return rows[0] if form is Form.ROW else {"rows": rows}


def _columns(output: Output, found: Found) -> Json:
    """What is predicted for one task, a list wherever a row has one value."""
    values = found[output.name]
    if output.classes:
        said: Json = {"label": values.tolist()}
    elif output.members and output.probability is not None:
        said = {"labels": dict(zip(output.members, (values.T != 0).tolist(), strict=True))}
    elif output.members:
        said = {"values": _named(output.members, values)}
    else:
        said = {"value": _numbers(values)}
    if output.probability is not None:
        names = output.classes or output.members
        said["probabilities"] = _named(names, found[output.probability])
    return said


def _named(names: Sequence[str], values: NDArray[Any]) -> dict[str, list[float | None]]:
    return {name: _numbers(column) for name, column in zip(names, values.T, strict=True)}


def _numbers(values: NDArray[Any]) -> list[float | None]:
    """With as many digits as tell a number from all others of its type."""
    shortest = values.astype(np.str_).astype(np.float64)
    return [
        v if known else None
        for v, known in zip(shortest.tolist(), np.isfinite(values), strict=True)
    ]


def _row(columns: Json, index: int) -> Json:
    """The same with one value instead of each list."""
    if isinstance(columns, list):
        return columns[index]
    return {name: _row(inner, index) for name, inner in columns.items()}
