"""What the best candidate of a run folder is worth on test; see ``search_value.py``."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from automtl.config import load_config
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.errors import RunError
from automtl.model.inputs import as_inputs
from automtl.plugins import Plugins, load_plugins
from automtl.run import RunFolder
from automtl.train.evaluate import constant_errors, errors, evaluate, predict
from automtl.train.trial import trial_network

SHAPES: dict[str, Callable[[TaskGraph], TaskGraph]] = {  # the graph of methods that have one only
    "single-task": lambda graph: TaskGraph.single_task(graph.tasks, len(graph.stages)),
    "all-shared": lambda graph: TaskGraph.all_shared(graph.tasks, len(graph.stages)),
}
SHAPES["balancer"] = SHAPES["all-shared"]


def judged(folder: Path, method: str) -> dict[str, Any]:
    """
    The test errors of the best candidate of the method's kind, best on validation: the mean over
    its seeds, by task; with what the search cost. Kept beside the folder.

    :raises RunError: If the folder holds no such candidate.
    """
    file = folder.with_name(f"{folder.name}.json")
    if not file.is_file():
        file.write_text(json.dumps(_judged(folder, method), indent=1) + "\n")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def _judged(folder: Path, method: str) -> dict[str, Any]:
    best = json.loads((folder / "best.json").read_text())
    run = RunFolder.open(folder)
    config = load_config(run.config)
    plugins = load_plugins(config.plugins)
    data = read_data(config.data_request(), plugins)
    trials = _best_trials(run, best, method)
    found = [_test_errors(trial, run, data, plugins) for trial in trials]
    return {
        "errors": {task: float(np.mean([one[task] for one in found])) for task in found[0]},
        "constants": constant_errors(data.tasks, data.kinds, data.test.targets),
        "seeds": len(trials),
        "graph": str(trials[0].candidate.graph),
        "parameters": trials[0].result.parameters,
        "trials": best["trials"],
        "cost_j": best["cost_j"],
        "seconds": best["seconds"],
    }


def _best_trials(run: RunFolder, best: Mapping[str, Any], method: str) -> list[Trial]:
    """The trainings of the highest row of the leaderboard that the method may choose."""
    trials = [trial for trial in run.trials() if trial.done and trial.order.fidelity == 1]
    for row in best["rows"]:
        found = [trial for trial in trials if trial.candidate.digest == row["digest"]]
        if found and _is_of(found[0].candidate.graph, method):
            return found
    raise RunError(
        f"{run.path}: a search has its anchors at least, but none is on its leaderboard."
    )


def _is_of(graph: TaskGraph, method: str) -> bool:
    return method not in SHAPES or graph == SHAPES[method](graph)


def _test_errors(
    trial: Trial, run: RunFolder, data: MultiTaskData, plugins: Plugins
) -> dict[str, float]:
    network = run.parts.restore(
        trial.order, trial_network(trial.order, data.for_training(), plugins)
    )
    inputs = as_inputs(data.test.inputs, torch.device("cpu"))
    predictions = predict(network, data.tasks, data.kinds, inputs)
    metrics = evaluate(predictions, data.tasks, data.kinds, data.test.targets)
    return errors(metrics, data.tasks, data.kinds)
