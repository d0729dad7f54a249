"""Whether two exported files predict the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.data.dataset import MultiTaskData
from automtl.data.table import ColumnKind
from automtl.deploy.predict import Predictor
from automtl.deploy.schema import Input, Output, Schema
from automtl.deploy.verify import batches, rows_together

Columns: TypeAlias = Mapping[str, NDArray[Any]]

MISSING = 0.1  # the share of values that are made up missing
UNKNOWN = "a text that no network has seen"


def differences(part: Path, whole: Path, columns: Columns) -> dict[str, float]:
    """
    The largest difference between what two files predict, by task, on all rows and on batches of
    several sizes: of probabilities, or of values as a share of the largest one. Zero means that
    they are the same bit for bit; infinity, that there is another label, or a value is no number.

    :param part: Predicts some tasks of ``whole``, maybe from fewer columns.
    :param columns: The columns of ``whole``, ``[n_rows]`` each.
    """
    ours, theirs = Predictor(part, threads=1), Predictor(whole, threads=1)
    worst = dict.fromkeys((output.task for output in ours.schema.outputs), 0.0)
    for rows in batches(len(next(iter(columns.values()))), len(columns)):
        given = {name: values[rows] for name, values in columns.items()}
        found, wanted = ours.predict(given), theirs.predict(given)
        for output in ours.schema.outputs:
            worst[output.task] = max(worst[output.task], _difference(output, found, wanted))
    return worst


def _difference(output: Output, found: Columns, wanted: Columns) -> float:
    pairs = [(found[name], wanted[name]) for name in output.names]
    if all(np.array_equal(ours, theirs) for ours, theirs in pairs):
        return 0.0
    ours, theirs = pairs[-1]  # the probabilities, where there are any
    if len(pairs) > 1 and np.array_equal(ours, theirs):
        return np.inf  # the same probabilities, but other labels
    scale = max(1.0, float(np.abs(theirs).max()))
    largest = float(np.abs(ours - theirs).max()) / scale
    return largest if np.isfinite(largest) else np.inf


def columns_of_test(data: MultiTaskData) -> dict[str, NDArray[Any]]:
    """The columns of the test part, ``[n_rows]`` each."""
    return {name: column.at(data.test.rows) for name, column in data.table.items()}


def predictions(path: Path, columns: Columns) -> dict[str, NDArray[np.float64]]:
    """What a file predicts for each task, ``[n_rows, n_values]``, as `TaskKind.predict` does."""
    predictor = Predictor(path, threads=1)
    n_rows = len(next(iter(columns.values())))
    found: dict[str, list[NDArray[np.float64]]] = {}
    size = rows_together(len(columns))
    for start in range(0, n_rows, size):
        values = predictor.predict({n: c[start : start + size] for n, c in columns.items()})
        for output in predictor.schema.outputs:
            own = np.asarray(values[output.probability or output.name], np.float64)
            found.setdefault(output.task, []).append(own.reshape(len(own), -1))
    return {task: np.concatenate(parts) for task, parts in found.items()}


def made_up(schema: Schema, n_rows: int) -> dict[str, NDArray[Any]]:
    """
    Rows that a file takes, where there are no others: of each column values between the lowest and
    the highest in training, or all that the file tells apart; and missing ones.

    :param schema: Of the file.
    :return: The columns, ``[n_rows]`` each; the same at each call.
    """
    rng = np.random.default_rng(0)
    return {column.name: _made_up(column, n_rows, rng) for column in schema.inputs}


def _made_up(column: Input, n_rows: int, rng: np.random.Generator) -> NDArray[Any]:
    if column.kind.is_strings:
        return rng.choice(np.array(["", UNKNOWN, *column.categories], object), n_rows)
    if column.kind is ColumnKind.BOOLEAN:
        values = rng.integers(0, 2, n_rows).astype(np.float64)
    else:
        values = rng.uniform(*(column.range or (-1.0, 1.0)), n_rows)
    values[rng.random(n_rows) < MISSING] = np.nan
    return values
