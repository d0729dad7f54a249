"""What an exported file predicts, as the labels that it was trained on were written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from automtl.core.labels import respelt
from automtl.data.labels.labelsets import flags
from automtl.data.labels.spelling import as_text
from automtl.deploy.schema import Output
from automtl.report.summary import TaskSummary


@dataclass(frozen=True)
class Answer:
    """
    How the predictions of a task are given.

    :param columns: Where they are put: the columns that its labels were in, if there is one for
        each column of predictions, else names from the schema of the file.
    :param sources: The columns that its labels were in, with that of a ranking's queries.
    :param classes: Its classes as they were in the table of labels, ``[n_classes]``.
    """

    output: Output
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    classes: NDArray[Any]

    def given(self, found: Mapping[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
        """Its columns of predictions, ``[n_rows]``, from those of the file."""
        values = found[self.output.name]
        if self.output.members:
            yield from zip(self.columns, values.T, strict=True)
        elif self.output.classes:
            places = {text: place for place, text in enumerate(self.output.classes)}
            yield self.columns[0], self.classes[[places[text] for text in values.tolist()]]
        else:
            yield self.columns[0], values

    @property
    def labels(self) -> NDArray[Any]:
        """What its columns of probabilities stand for."""
        return self.classes if len(self.classes) else np.array(self.output.members, dtype=object)


def answers(
    outputs: Sequence[Output], tasks: Sequence[TaskSummary], labels: pa.Table, like: Any
) -> tuple[Answer, ...]:
    """
    How the predictions of each task are given.

    :param tasks: The tasks that the outputs predict, in any order.
    :param labels: The table of labels.
    :param like: The array of labels if it was one; its type is that of predicted classes.
    """
    sources = {task.name: task.sources for task in tasks}
    return tuple(_answer(output, sources[output.task], labels, like) for output in outputs)


def _answer(output: Output, sources: tuple[str, ...], labels: pa.Table, like: Any) -> Answer:
    own = sources if output.members else sources[:1]
    width = len(output.members) or 1
    known = set(own) <= set(labels.column_names) and len(own) == width
    columns = own if known else output.members or (output.name,)
    classes: NDArray[Any] = np.array(output.classes, dtype=object)
    if output.classes and known:
        classes = _as_given(output.classes, labels[own[0]], like)
    return Answer(output, columns, sources, classes)


def _as_given(classes: Sequence[str], values: pa.ChunkedArray, like: Any) -> NDArray[Any]:
    """Classes, which a file has as text, as the values that became this text."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    distinct = pc.unique(values).drop_null()
    written = dict(zip(as_text(distinct).to_pylist(), distinct.to_pylist(), strict=True))
    if not set(classes) <= written.keys() and flags(values) is not None:
        written = {"0": 0, "1": 1}  # a label of a set that became a task
    texts = respelt(np.array(classes, dtype=object), written.keys()).tolist()
    given = [written.get(text, text) for text in texts]
    if isinstance(like, np.ndarray) and all(text in written for text in texts):
        return np.array(given, dtype=like.dtype)
    kind = type(given[0]) if len({type(value) for value in given}) == 1 else object
    return np.array(given, dtype=kind if kind in (bool, int, float) else object)
