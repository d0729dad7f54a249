from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from pytest import fixture
from torch import Tensor

from automtl.core.task import Floats, Metric, Task, TaskKind
from automtl.data.dataset import MultiTaskData, Part
from automtl.data.features.preprocessing import Preprocessing
from automtl.data.table import Column, ColumnKind
from automtl.plugins import load_plugins

MakeData: TypeAlias = Callable[..., MultiTaskData]


@dataclass(frozen=True)
class Flags(TaskKind):
    """Several labels of 0 and 1, and if ``grouped_by``, the name of a group behind them."""

    name: ClassVar[str] = "flags"
    citation: ClassVar[str] = "https://example.org"
    numeric: ClassVar[bool] = True
    primary: ClassVar[str] = "error"
    metrics: ClassVar[Mapping[str, Metric]] = {}
    several: ClassVar[bool] = True
    flags: ClassVar[bool] = True

    n_targets: int = 0  # type: ignore[assignment]

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> "Flags":
        return cls(labels.shape[1])

    @property
    def n_outputs(self) -> int:
        return self.n_targets

    @property
    def constant_loss(self) -> float:
        return 1.0

    def constant(self) -> Floats:
        return np.full(self.n_targets, 0.5)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return labels

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets) ** 2

    def predict(self, outputs: Tensor) -> Tensor:
        return torch.sigmoid(outputs)


@dataclass(frozen=True)
class Grouped(Flags):
    """Numbers, and behind them the name of a group."""

    name: ClassVar[str] = "grouped"
    flags: ClassVar[bool] = False
    grouped: ClassVar[bool] = True


@fixture(scope="session")
def make_data() -> MakeData:
    """
    Makes data of inputs and labels by name: strings are categories, numbers are numbers, and labels
    with two axes are flags. Of the rows, in order, 60 % are for training and 20 % for validation.
    """
    kinds = {**load_plugins().task_kinds, "flags": Flags, "grouped": Grouped}

    def make(
        inputs: Mapping[str, NDArray[Any]],
        labels: Mapping[str, NDArray[Any]],
        notes: tuple[str, ...] = (),
        grouped: bool = False,
    ) -> MultiTaskData:
        table = {name: _column(values) for name, values in inputs.items()}
        n_rows = len(next(iter(inputs.values())))
        parts = np.split(np.arange(n_rows), [n_rows * 6 // 10, n_rows * 8 // 10])
        train = np.arange(n_rows) < len(parts[0])
        names = [_kind(values, grouped) for values in labels.values()]
        fitted = [
            kinds[name].fit(values, train)
            for name, values in zip(names, labels.values(), strict=True)
        ]
        pairs = zip(fitted, labels.values(), strict=True)
        targets = np.column_stack([kind.encode(values) for kind, values in pairs])
        preprocessing = Preprocessing.fit(table, parts[0])
        array = preprocessing.transform(table)
        tasks = [Task(n, k, _columns(n, labels[n])) for n, k in zip(labels, names, strict=True)]
        made = [Part(array[rows], targets[rows].astype(np.float32), rows) for rows in parts]
        return MultiTaskData(
            tuple(tasks), tuple(fitted), preprocessing, *made, table, notes, "made up"
        )

    return make


def _column(values: NDArray[Any] | Column) -> Column:
    if isinstance(values, Column):
        return values
    strings = values.dtype == object
    return Column(ColumnKind.CATEGORICAL if strings else ColumnKind.NUMERIC, values)


def _kind(values: NDArray[Any], grouped: bool) -> str:
    if values.ndim > 1:
        return "grouped" if grouped else "flags"
    if values.dtype != object:
        return "regression"
    return "binary" if len({value for value in values if value is not None}) == 2 else "multiclass"


def _columns(name: str, values: NDArray[Any]) -> tuple[str, ...]:
    return tuple(f"{name}{i}" for i in range(values.shape[1])) if values.ndim > 1 else (name,)
