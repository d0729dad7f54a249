from collections.abc import Callable

import numpy as np
import torch
from pytest import approx
from sklearn.metrics import log_loss, root_mean_squared_error

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.data.dataset import MultiTaskData
from automtl.model.network import build_network
from automtl.plugins import Plugins
from automtl.train import evaluate as module
from automtl.train.evaluate import constant_errors, errors, evaluate, predict


def _predictions(
    penguins: MultiTaskData, plugins: Plugins, candidate: Candidate
) -> dict[str, np.ndarray]:
    sizes = {t.name: kind.n_outputs for t, kind in zip(penguins.tasks, penguins.kinds, strict=True)}
    network = build_network(candidate, sizes, {}, penguins.preprocessing.layout, plugins, 0)
    inputs = torch.tensor(penguins.validation.inputs)
    return predict(network, penguins.tasks, penguins.kinds, inputs)


def test_agrees_with_scikit_learn_on_the_labels_that_are_there(
    penguins: MultiTaskData, plugins: Plugins, candidate: Callable[..., Candidate]
) -> None:
    names = [task.name for task in penguins.tasks]
    made = candidate(TaskGraph.all_shared(names, 1), block="tabm")
    predictions = _predictions(penguins, plugins, made)
    targets = penguins.validation.targets
    found = evaluate(predictions, penguins.tasks, penguins.kinds, targets)
    for column, (task, kind) in enumerate(zip(penguins.tasks, penguins.kinds, strict=True)):
        there = ~np.isnan(targets[:, column])
        labels, of_task = targets[there, column], predictions[task.name][there]
        if kind.classes:
            summing_to_one = of_task / of_task.sum(1, keepdims=True)
            expected = log_loss(labels, summing_to_one, labels=range(len(kind.classes)))
            assert found[task.name]["log_loss"] == approx(expected, rel=1e-5)
        else:
            expected = root_mean_squared_error(kind.decode(labels.astype(float)), of_task[:, 0])
            assert found[task.name]["rmse"] == approx(expected, rel=1e-5)


def test_chunks_change_nothing(
    penguins: MultiTaskData,
    plugins: Plugins,
    candidate: Callable[..., Candidate],
    monkeypatch: object,
) -> None:
    made = candidate(TaskGraph.all_shared([task.name for task in penguins.tasks], 1))
    whole = _predictions(penguins, plugins, made)
    monkeypatch.setattr(module, "CHUNK", 10)  # type: ignore[attr-defined]
    parts = _predictions(penguins, plugins, made)
    for task in whole:
        np.testing.assert_allclose(whole[task], parts[task], rtol=1e-5)


def test_an_error_is_the_distance_from_perfection(penguins: MultiTaskData) -> None:
    task, kind = penguins.tasks[2], penguins.kinds[2]
    scored = {task.name: {"rmse": 3.0, "r2": 0.75, "mae": 2.0}}
    assert errors(scored, [task], [kind]) == {task.name: 3.0}
    by_r2 = type(task)(task.name, task.kind, task.columns, metric="r2")
    assert errors(scored, [by_r2], [kind]) == {task.name: 0.25}


def test_a_constant_prediction_has_the_error_of_the_spread(penguins: MultiTaskData) -> None:
    found = constant_errors(penguins.tasks, penguins.kinds, penguins.train.targets)
    mass = penguins.train.targets[:, 2]
    spread = np.nanstd(penguins.kinds[2].decode(mass.astype(float)))
    assert found["body_mass_g"] == approx(spread, rel=1e-3)
