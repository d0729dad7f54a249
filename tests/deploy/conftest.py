from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pytest import TempPathFactory, fixture
from torch import Tensor, nn

from automtl.core.task import Task, TaskKind
from automtl.data.dataset import Array, MultiTaskData, Part
from automtl.data.features.preprocessing import Preprocessing
from automtl.data.table import Column, ColumnKind, Table
from automtl.deploy.export import ExportReport, export_onnx
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.count import Count
from automtl_plugins.task_kinds.multi_output import MultiOutput
from automtl_plugins.task_kinds.multiclass import Multiclass
from automtl_plugins.task_kinds.multilabel import Multilabel
from automtl_plugins.task_kinds.ordinal import Ordinal
from automtl_plugins.task_kinds.ranking import Ranking
from automtl_plugins.task_kinds.regression import Regression

N_ROWS = 60


def some_table() -> Table:
    """Every kind of column, with missing values and with names that are hard to carry along."""
    rng = np.random.default_rng(0)
    length = rng.normal(40.0, 5.0, N_ROWS)
    length[::7] = np.nan
    measured = 1.7e9 + rng.uniform(0.0, 3e8, N_ROWS)
    measured[3] = np.nan
    words = rng.choice(["größer", "Größer", "als", "a 12\t", "b."], (N_ROWS, 3))
    remarks = [", ".join(row) for row in words]
    remarks[5] = ""
    weather = rng.choice(["", "NA-like", "Regen", "größer", "雪", 'it\'s "x"'], N_ROWS)
    return {
        "length (mm)": Column(ColumnKind.NUMERIC, length),
        "features": Column(ColumnKind.NUMERIC, 1e9 + rng.normal(0.0, 1.0, N_ROWS)),
        "automtl/0/Sub": Column(ColumnKind.BOOLEAN, rng.choice([0.0, 1.0, np.nan], N_ROWS)),
        "measured.at": Column(ColumnKind.DATETIME, measured),
        "Wetter'é": Column(ColumnKind.CATEGORICAL, weather.astype(object)),
        "remarks": Column(ColumnKind.TEXT, np.array(remarks, object)),
    }


class Ensemble(nn.Module):
    """A small network with an ensemble axis, ``[batch, width]`` to ``[batch, members, *]``."""

    def __init__(self, width: int, n_outputs: dict[str, int], members: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.members = members
        self.body = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Dropout(0.5))
        heads = [nn.Linear(16, members * n) for n in n_outputs.values()]
        for head in heads:
            nn.init.normal_(head.weight)  # wide enough for every label to be predicted
        self.heads = nn.ModuleList(heads)
        self.n_outputs = n_outputs

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        features = self.body(inputs)
        heads = zip(self.heads, self.n_outputs.items(), strict=True)
        return {task: head(features).reshape(-1, self.members, n) for head, (task, n) in heads}


def part_of(inputs: Array, targets: NDArray[np.float64], rows: NDArray[np.int64]) -> Part:
    return Part(inputs[rows], targets[rows].astype(np.float32), rows)


def some_data(table: Table) -> MultiTaskData:
    """Three tasks on ``table``; the test part is not in the order of the file."""
    rng = np.random.default_rng(1)
    n_rows = len(next(iter(table.values())).values)
    train = np.arange(n_rows) < n_rows // 2
    labels = {
        "sex": rng.choice(np.array(["fe/male", "mâle"], object), n_rows),
        "species": rng.choice(np.array(["Adélie", "Chin strap", "Gentoo"], object), n_rows),
        "mass": rng.normal(1200.0, 900.0, n_rows),
    }
    classes: list[type[TaskKind]] = [Binary, Multiclass, Regression]
    kinds = tuple(k.fit(v, train) for k, v in zip(classes, labels.values(), strict=True))
    preprocessing = Preprocessing.fit(table, np.flatnonzero(train))
    inputs = np.asarray(preprocessing.transform(table))
    encoded = [k.encode(v) for k, v in zip(kinds, labels.values(), strict=True)]
    test = rng.permutation(np.arange(n_rows // 2, n_rows))
    return MultiTaskData(
        tasks=tuple(Task(n, k.name, (n,)) for n, k in zip(labels, kinds, strict=True)),
        kinds=kinds,
        preprocessing=preprocessing,
        train=part_of(inputs, np.stack(encoded, 1), np.flatnonzero(train)),
        validation=part_of(inputs, np.stack(encoded, 1), np.flatnonzero(train)),
        test=part_of(inputs, np.stack(encoded, 1), test),
        table=table,
        notes=(),
        digest="0" * 12,
    )


@fixture(scope="session")
def data() -> MultiTaskData:
    return some_data(some_table())


@fixture(scope="session")
def make_data() -> Callable[[Table], MultiTaskData]:
    return some_data


@fixture(scope="session")
def make_network() -> Callable[[MultiTaskData, int], nn.Module]:
    def make(data: MultiTaskData, members: int) -> nn.Module:
        n_outputs = {t.name: k.n_outputs for t, k in zip(data.tasks, data.kinds, strict=True)}
        return Ensemble(data.preprocessing.layout.size, n_outputs, members)

    return make


@fixture(scope="session")
def network(data: MultiTaskData, make_network: Callable[..., nn.Module]) -> nn.Module:
    return make_network(data, 4)


@fixture(scope="session")
def exported(
    data: MultiTaskData, network: nn.Module, tmp_path_factory: TempPathFactory
) -> tuple[Path, ExportReport]:
    path = tmp_path_factory.mktemp("exported") / "best.onnx"
    return path, export_onnx(network, data, path, {"automtl.digest": data.digest, "author": "Zoë"})


@fixture(scope="session")
def model(exported: tuple[Path, ExportReport]) -> Path:
    return exported[0]


def some_kinds(n_rows: int) -> dict[str, tuple[TaskKind, NDArray[np.float64]]]:
    """A fitted kind of every sort that has several columns or another decoding, with targets."""
    rng = np.random.default_rng(2)
    train = np.arange(n_rows) < n_rows // 2
    flags = rng.integers(0, 2, (n_rows, 3)).astype(np.float64)
    flags[::9, 1] = np.nan
    tags = Multilabel.fit(flags, train, columns=("sad", "happy", "quiet é"))
    moods = Multilabel.fit(flags, train, columns=("a", "b", "c"))
    values = rng.normal(size=(n_rows, 2)) * (3.0, 900.0)
    queries = np.column_stack([rng.integers(0, 4, n_rows), np.arange(n_rows) // 5]).astype(float)
    sizes = rng.choice(np.array(["S", "M", "L"], object), n_rows)
    visits = rng.poisson(3.0, n_rows).astype(float)
    kinds: dict[str, tuple[TaskKind, NDArray[np.float64]]] = {
        "tags": (replace(tags, thresholds=(0.6, 0.7, 2.0)), flags),
        "moods": (replace(moods, thresholds=(0.9, 0.9, 0.9), top_k=2), flags),
        "places": (MultiOutput.fit(values, train, columns=("x", "y")), values),
        "relevance": (Ranking.fit(queries, train), queries),
        "size": (Ordinal.fit(sizes, train, levels=["S", "M", "L"]), sizes),
        "visits": (Count.fit(visits, train), visits),
    }
    return kinds


def some_several(data: MultiTaskData) -> MultiTaskData:
    kinds = some_kinds(N_ROWS)
    targets = np.column_stack([kind.encode(labels) for kind, labels in kinds.values()])
    parts = {
        part: replace(getattr(data, part), targets=targets[getattr(data, part).rows].astype("f4"))
        for part in ("train", "validation", "test")
    }
    tasks = tuple(Task(name, k.name, k.columns or (name,)) for name, (k, _) in kinds.items())
    return replace(data, tasks=tasks, kinds=tuple(kind for kind, _ in kinds.values()), **parts)


@fixture(scope="session")
def several(data: MultiTaskData) -> MultiTaskData:
    """The same table with a task of every kind that `data` has not."""
    return some_several(data)


@fixture(scope="session")
def without_text() -> MultiTaskData:
    """The same tasks on the table without free text, which needs opset 20."""
    columns = some_table().items()
    return some_several(some_data({n: c for n, c in columns if c.kind is not ColumnKind.TEXT}))


@fixture(scope="session")
def several_network(several: MultiTaskData, make_network: Callable[..., nn.Module]) -> nn.Module:
    return make_network(several, 3)


@fixture(scope="session")
def several_exported(
    several: MultiTaskData, several_network: nn.Module, tmp_path_factory: TempPathFactory
) -> tuple[Path, ExportReport]:
    path = tmp_path_factory.mktemp("several") / "best.onnx"
    return path, export_onnx(several_network, several, path, {})
