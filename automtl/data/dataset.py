"""Data for several tasks, split and preprocessed, as arrays in memory."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.block import InputSpec
from automtl.core.task import Task, TaskKind
from automtl.data.preprocessing import Preprocessing
from automtl.data.table import Table

Array: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """
    One part of the split.

    :param inputs: The network's input, ``[n_rows, n_columns]``.
    :param targets: ``[n_rows, n_tasks]``, NaN where a label is missing.
    :param rows: Which rows of the file these are, counted from 0, ``[n_rows]``.
    """

    inputs: Array
    targets: Array
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class TrainingData:
    """
    What a trial may see, and what travels to the workers: never the test part.

    :param tasks: The tasks, in the order of the targets' columns.
    :param kinds: The fields of each task's fitted kind, in the same order; JSON data, because the
        class may come from a file that is not importable by name.
    :param layout: What the columns of the inputs are.
    :param digest: Names the data; equal for equal data.
    """

    tasks: tuple[Task, ...]
    kinds: tuple[Mapping[str, Any], ...]
    layout: InputSpec
    train: Part
    validation: Part
    digest: str

    def fitted_kinds(self, registry: Mapping[str, type[TaskKind]]) -> list[TaskKind]:
        """The tasks' kinds, made again from their fields."""
        return [
            registry[task.kind](**fields)
            for task, fields in zip(self.tasks, self.kinds, strict=True)
        ]


@dataclass(frozen=True)
class MultiTaskData:
    """
    A table that is ready to be learned from.

    :param tasks: The tasks, in the order of the targets' columns.
    :param kinds: The fitted task kinds, in the same order.
    :param preprocessing: Fitted on the training part alone.
    :param table: The columns of the inputs as they were read, all rows.
    :param notes: One sentence each on what was inferred, set aside or repaired.
    :param digest: Names the data; equal for equal data.
    """

    tasks: tuple[Task, ...]
    kinds: tuple[TaskKind, ...]
    preprocessing: Preprocessing
    train: Part
    validation: Part
    test: Part
    table: Table
    notes: tuple[str, ...]
    digest: str

    def for_training(self) -> TrainingData:
        """The parts that trials may see."""
        kinds = tuple(asdict(kind) for kind in self.kinds)  # type: ignore[call-overload]
        return TrainingData(
            self.tasks, kinds, self.preprocessing.layout, self.train, self.validation, self.digest
        )
