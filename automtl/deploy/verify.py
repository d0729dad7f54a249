"""Whether an exported file predicts what the network predicts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automtl.core.labels import HALF
from automtl.core.thresholds import Decision
from automtl.data.dataset import Inputs, MultiTaskData
from automtl.deploy.predict import Predictor
from automtl.deploy.schema import Output
from automtl.errors import ExportFailed
from automtl.model.inputs import as_inputs, chunks

Floats: TypeAlias = NDArray[np.floating[Any]]

RELATIVE = 1e-4  # floats are summed in another order: about 1e-6 in practice
ABSOLUTE = 1e-4  # of a probability, or of the standard deviation of the predicted values
CHUNK = 1024  # rows at a time: free text takes much memory
CELLS = 1 << 21  # at a time, at most, if there are very many columns
SIZES = (1, 2, 257)  # batch sizes to try as well: the smallest, and one that no kernel likes


def verify(
    path: Path, network: Callable[[Tensor], tuple[Tensor, ...]], data: MultiTaskData
) -> dict[str, float]:
    """
    Compares the file in onnxruntime, given the raw columns, to the network in torch, given the
    preprocessed ones, on all rows of the test part and on batches of 1, 2 and 257 of them.

    :param network: Gives one prediction ``[batch, n_values]`` a task.
    :return: The largest absolute difference by task.
    :raises ExportFailed: If they disagree.
    """
    predictor = Predictor(path)
    expected = _in_torch(network, data.test.inputs)
    worst = dict.fromkeys((task.name for task in data.tasks), 0.0)
    for rows in batches(len(data.test.rows), len(data.table)):
        columns = {n: c.at(data.test.rows[rows]) for n, c in data.table.items()}
        found = predictor.predict(columns)
        for output, kind, whole in zip(predictor.schema.outputs, data.kinds, expected, strict=True):
            difference = _compare(output, found, whole[rows], whole)
            if kind.classes and kind.ordered:
                _compare_levels(output, found)
            elif kind.classes:
                _compare_labels(output, found[output.name], whole[rows])
            if kind.decision is not None:
                _compare_decisions(output, kind.decision, found)
            worst[output.task] = max(worst[output.task], difference)
    return worst


def _in_torch(network: Callable[[Tensor], tuple[Tensor, ...]], inputs: Inputs) -> list[Floats]:
    """The predictions of all rows, ``[n_rows, n_values]`` a task."""
    with torch.no_grad():
        rows = as_inputs(inputs, torch.device("cpu"))
        found = [network(chunk) for chunk in chunks(rows, CHUNK)]
    return [torch.cat(parts).numpy() for parts in zip(*found, strict=True)]


def batches(n_rows: int, n_columns: int) -> Iterator[NDArray[np.int64]]:
    """Numbers of rows: all rows in chunks, then batches of `SIZES` that repeat them in turn."""
    rows, size = np.arange(n_rows), rows_together(n_columns)
    yield from (rows[start : start + size] for start in range(0, n_rows, size))
    yield from (np.resize(rows, size) for size in SIZES)


def rows_together(n_columns: int) -> int:
    """How many rows of so many columns are predicted at a time."""
    return max(1, min(CHUNK, CELLS // n_columns))


def _compare(
    output: Output, found: dict[str, NDArray[Any]], expected: Floats, whole: Floats
) -> float:
    """
    The largest difference of one batch of one task.

    :raises ExportFailed: If it is too large.
    """
    values = found[output.probability or output.name].reshape(expected.shape)
    scale = np.ones(1) if output.probability else whole.std(axis=0)
    differences = np.abs(values - expected)
    largest = float(differences.max())
    allowed = ABSOLUTE * scale + RELATIVE * np.abs(expected)
    if not np.all(differences <= allowed):  # so that NaN fails
        raise ExportFailed(
            f"The exported file disagrees with the network on task '{output.task}' by up to "
            f"{largest:g} at batch size {len(expected)}. No file was written."
        )
    return largest


def _compare_decisions(output: Output, decision: Decision, found: dict[str, NDArray[Any]]) -> None:
    """The file decides on its own probabilities as torch would, but where one is at a threshold."""
    given = found[output.probability or ""].astype(np.float64)
    near = np.abs(given - np.array(decision.thresholds)) <= RELATIVE
    if not np.all((decision.decide(given) == found[output.name]) | near):
        raise ExportFailed(
            f"The exported file decides on the labels of task '{output.task}' in another way than "
            f"the network. No file was written."
        )


def _compare_levels(output: Output, found: dict[str, NDArray[Any]]) -> None:
    """The file chooses the median of its own probabilities, but where one half is nearly met."""
    below = found[output.probability or ""].cumsum(axis=1, dtype=np.float64)
    places = [output.classes.index(label) for label in found[output.name]]
    reached = below[np.arange(len(places)), places]
    before = np.pad(below, ((0, 0), (1, 0)))[np.arange(len(places)), places]
    if (reached < HALF - RELATIVE).any() or (before > HALF + RELATIVE).any():
        raise ExportFailed(
            f"The exported file chooses another level of task '{output.task}' than the median of "
            f"its probabilities. No file was written."
        )


def _compare_labels(output: Output, labels: NDArray[Any], expected: Floats) -> None:
    """Another label than the network's is right only where the two are tied within tolerance."""
    index = [output.classes.index(label) for label in labels]
    short = expected.max(axis=1) - expected[np.arange(len(index)), index]
    if short.max() > 2 * (ABSOLUTE + RELATIVE):
        raise ExportFailed(
            f"The exported file disagrees with the network on task '{output.task}' at batch size "
            f"{len(expected)}: a label is less probable than the best by {short.max():g}. "
            f"No file was written."
        )
