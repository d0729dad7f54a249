"""What ``inference.py`` lets compete: the same tasks, predicted for the same rows on one thread."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from data import prepare
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from automtl.config import load_config
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.deploy.ensemble import Ensemble
from automtl.deploy.export import export_onnx, schema_of
from automtl.deploy.feeds import to_feed
from automtl.model.network import Network
from automtl.plugins import Plugins
from automtl.train.trial import run_trial

WHOLE, BOUND = "best.onnx", "best.onnx, inputs bound once"
EAGER, ALONE = "torch eager", "torch eager, without preprocessing"
SINGLES, FORESTS = "one ONNX file a task", "one forest a task, without preprocessing"
STAGES = 3
SETTINGS: Mapping[str, Scalar] = {  # the widest mlp of the default search space
    "block": "mlp",
    "block.width": 256,
    "balancer": "sum",
    "schedule": "constant",
    "learning_rate": 1e-3,
    "weight_decay": 1e-2,
    "batch_size": 256,
    "epochs": 3,  # more of them predict better, not faster
    "patience": 3,
}


@dataclass(frozen=True)
class Models:
    """
    The same tasks, solved in four ways.

    :param network: One network, with a trunk that all tasks share, in torch.
    :param session: The same network as an exported file, loaded.
    :param singles: A file for each task, with a network of that size of its own.
    :param forests: A forest for each task, on the preprocessed columns.
    """

    data: MultiTaskData
    network: Ensemble
    session: Any
    singles: Sequence[Any]
    forests: Sequence[RandomForestClassifier | RandomForestRegressor]


def read_set(name: str, folder: Path, place: Path, plugins: Plugins) -> MultiTaskData:
    """The set ``name`` as a user's configuration reads it; ``place`` is to write it to."""
    file, targets = prepare(name, folder, place)
    kind, split = ("{kind: binary}", "{column: split}") if name == "yeast" else ("{}", "{}")
    asked = ", ".join(f"{target}: {kind}" for target in targets)
    config = place / f"{name}.yaml"
    config.write_text(f"data: {file.name}\ntargets: {{{asked}}}\nsplit: {split}\n")
    return read_data(load_config(config).data_request(), plugins)


def make_models(data: MultiTaskData, plugins: Plugins, place: Path) -> Models:
    """Trains, exports and loads everything; ``place`` is to write files to."""
    network = _trained(data, plugins)
    alone = [only(data, index) for index in range(len(data.tasks))]
    return Models(
        data,
        Ensemble([network], data.tasks, data.kinds),
        _session(network, data, place / "best.onnx"),
        [_session(_trained(one, plugins), one, place / "single.onnx") for one in alone],
        [_forest(one) for one in alone],
    )


def only(data: MultiTaskData, index: int) -> MultiTaskData:
    """The data of one task, where each has one column of targets."""
    train, validation, test = (
        replace(part, targets=part.targets[:, [index]])
        for part in (data.train, data.validation, data.test)
    )
    tasks, kinds = data.tasks[index : index + 1], data.kinds[index : index + 1]
    return replace(data, tasks=tasks, kinds=kinds, train=train, validation=validation, test=test)


def contenders(models: Models, n_rows: int) -> dict[str, Callable[[], Any]]:
    """What predicts the same ``n_rows`` rows, by name; each call does all of it again."""
    data, session = models.data, models.session
    rows = np.resize(data.test.rows, n_rows)
    table = {name: replace(c, values=c.values[rows]) for name, c in data.table.items()}
    feeds = {i.name: to_feed(i, table[i.name].values) for i in schema_of(data).inputs}
    outputs = [output.name for output in session.get_outputs()]

    def features() -> NDArray[Any]:
        return np.asarray(data.preprocessing.transform(table))

    ready = features()
    calls: dict[str, Callable[[], Any]] = {
        WHOLE: lambda: session.run(outputs, feeds),
        EAGER: lambda: _eager(models.network, features()),
        ALONE: lambda: _eager(models.network, ready),
        SINGLES: lambda: [single.run(None, feeds) for single in models.singles],
        FORESTS: lambda: [_predicted(forest, ready) for forest in models.forests],
    }
    if all(feed.dtype == np.float64 for feed in feeds.values()):  # strings cannot be bound to
        calls[BOUND] = _bound(session, feeds, outputs)
    return calls


@torch.inference_mode()
def _eager(network: Ensemble, features: NDArray[Any]) -> list[NDArray[Any]]:
    return [values.numpy() for values in network(torch.from_numpy(features))]


def _predicted(
    forest: RandomForestClassifier | RandomForestRegressor, features: NDArray[Any]
) -> NDArray[Any]:
    classifies = isinstance(forest, RandomForestClassifier)
    return forest.predict_proba(features) if classifies else forest.predict(features)


def _bound(
    session: Any, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]
) -> Callable[[], Any]:
    """Writes the rows to memory that the session was told of once, and reads its outputs."""
    given = np.stack(list(feeds.values()))  # [n_inputs, n_rows, 1]
    buffer, binding = given.copy(), session.io_binding()
    for name, column in zip(feeds, buffer, strict=True):
        binding.bind_cpu_input(name, column)
    for name in outputs:
        binding.bind_output(name)

    def call() -> Any:
        buffer[:] = given
        session.run_with_iobinding(binding)
        return [value.numpy() for value in binding.get_outputs()]

    return call


def _trained(data: MultiTaskData, plugins: Plugins) -> Network:
    graph = TaskGraph.all_shared([task.name for task in data.tasks], STAGES)
    order = Order(Candidate(graph, SETTINGS), 0, Phase.GRAPHS)
    cpu = torch.device("cpu")
    outcome = run_trial(order, data.for_training(), plugins, cpu, math.inf)
    if outcome.network is None:
        raise RuntimeError(outcome.result.reason)
    return outcome.network


def _session(network: Network, data: MultiTaskData, file: Path) -> Any:
    export_onnx(network, data, file, {})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _forest(data: MultiTaskData) -> RandomForestClassifier | RandomForestRegressor:
    """A forest of 100 trees for the one task in ``data``."""
    known = ~np.isnan(data.train.targets[:, 0])
    inputs, targets = np.asarray(data.train.inputs)[known], data.train.targets[known, 0]
    forest = RandomForestClassifier if data.kinds[0].classes else RandomForestRegressor
    return forest(100, max_features="sqrt", random_state=0, n_jobs=1).fit(inputs, targets)
