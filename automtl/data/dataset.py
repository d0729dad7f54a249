"""Data for several tasks, split and preprocessed, as arrays in memory."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from automtl.core.block import InputSpec
from automtl.core.task import Task, TaskKind
from automtl.data.features.preprocessing import Preprocessing
from automtl.data.features.sparse import SparseArray
from automtl.data.table import Table

Array: TypeAlias = NDArray[np.float32]
Inputs: TypeAlias = Array | SparseArray


@dataclass(frozen=True)
class Part:
    """
    One part of the split.

    :param inputs: The network's input, ``[n_rows, n_columns]``; without its zeros where there are
        many columns and most numbers are zero.
    :param targets: ``[n_rows, n_targets]``, the columns of each task side by side; NaN where a
        label is missing.
    :param rows: Which rows of the file these are, counted from 0, ``[n_rows]``.
    :param groups: The group of each row, if the split keeps groups whole, ``[n_rows]``.
    """

    inputs: Inputs
    targets: Array
    rows: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class FittedSkip:
    """
    A skip from the input to the outputs of all tasks, and what it gives; see `automtl.model.skips`.

    :param weight: ``[*, n_outputs]``.
    :param bias: ``[n_outputs]``.
    :param train: What it gives in training, ``[n_rows, n_outputs]``: to each row what one fitted
        without it would.
    :param validation: What it gives in validation, alike.
    """

    weight: Array
    bias: Array
    train: Array
    validation: Array


@dataclass(frozen=True)
class TrainingData:
    """
    What a trial may see, and what travels to the workers: never the test part.

    :param tasks: The tasks, in the order of the targets' columns.
    :param kinds: The fields of each task's fitted kind, in the same order; JSON data, because the
        class may come from a file that is not importable by name.
    :param layout: What the columns of the inputs are.
    :param digest: Names the data; equal for equal data.
    :param skips: The skips of the search space by name.
    :param landmarks: Of a kernel skip, ``[n_landmarks, n_columns]``; None if there is none.
    """

    tasks: tuple[Task, ...]
    kinds: tuple[Mapping[str, Any], ...]
    layout: InputSpec
    train: Part
    validation: Part
    digest: str
    skips: Mapping[str, FittedSkip] = field(default_factory=dict)
    landmarks: Array | None = None

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
    :param skips: The skips of the search space by name.
    :param landmarks: Of a kernel skip, ``[n_landmarks, n_columns]``; None if there is none.
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
    skips: Mapping[str, FittedSkip] = field(default_factory=dict)
    landmarks: Array | None = None

    def for_training(self) -> TrainingData:
        """The parts that trials may see."""
        kinds = tuple(asdict(kind) for kind in self.kinds)  # type: ignore[call-overload]
        layout, parts = self.preprocessing.layout, (self.train, self.validation)
        skips = (self.skips, self.landmarks)
        return TrainingData(self.tasks, kinds, layout, *parts, self.digest, *skips)
