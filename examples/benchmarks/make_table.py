"""Trains every task tree of a data set with automtl's own engine; see ``treebench.py``."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from automtl.config import Config, load_config
from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trees import enumerate_trees
from automtl.core.trial import Order, Phase
from automtl.data.dataset import Part, TrainingData
from automtl.data.read import read_data
from automtl.errors import SearchFailed
from automtl.model.inputs import as_inputs
from automtl.plugins import Plugins, load_plugins, pick
from automtl.train.evaluate import constant_errors, errors, evaluate, predict
from automtl.train.trial import run_trial

CPU = torch.device("cpu")


@dataclass(frozen=True)
class _Job:
    """One training: an independent part of a tree, with a seed."""

    part: Candidate
    seed: int


@dataclass(frozen=True)
class _Done:
    """What it gave: errors relative to a constant prediction's, by task."""

    job: _Job
    validation: Mapping[str, float]
    test: Mapping[str, float]
    affinity: Affinity | None


@dataclass(frozen=True)
class _Bench:
    """What a worker needs."""

    data: TrainingData
    test: Part
    plugin_files: tuple[Path, ...]
    estimator: str


def make_table(path: Path, n_seeds: int, n_workers: int) -> dict[str, Any]:
    """
    The table of a configuration: all trees of hard nodes, with the space's default settings.

    A part of a tree that shares nothing with the rest trains alone and depends on its seed only,
    so each is trained once a seed, and a tree's errors are put together from its parts'. With one
    seed a task alone therefore has the same error in every tree, as in a search.
    """
    config = load_config(path)
    data = read_data(config.data_request(), load_plugins(config.plugins))
    names = sorted(task.name for task in data.tasks)
    trees = list(enumerate_trees(names, config.space.stages))
    values = config.space.default()
    parts = {tree: config.space.candidate(tree, values).parts for tree in trees}
    distinct = dict.fromkeys(part for found in parts.values() for part in found)
    jobs = [_Job(part, seed) for seed, part in product(range(n_seeds), distinct)]
    bench = _Bench(data.for_training(), data.test, config.plugins, config.search.affinity)
    done = {found.job: found for found in _reported(_trained(jobs, bench, n_workers), len(jobs))}
    return {
        "data": f"{config.data.name}: {_sizes(data)}",
        "model": _model(config),
        "metric": "error relative to that of a constant prediction, lower is better",
        "tasks": len(names),
        "names": names,
        "constants": [1.0] * len(names),
        "affinity": _affinity(done.values()),
        "trees": [_groups(tree, names) for tree in trees],
        "results": [
            _row(number, seed, [done[_Job(part, seed)] for part in parts[tree]], names)
            for seed, (number, tree) in product(range(n_seeds), enumerate(trees))
        ],
    }


def measure(path: Path, estimator: str | None) -> dict[str, Any] | None:
    """
    The affinity, measured anew in the all-shared training with the first seed.

    :param estimator: The name of another estimator than the configuration's.
    """
    config = load_config(path)
    data = read_data(config.data_request(), load_plugins(config.plugins))
    name = estimator or config.search.affinity
    _start(_Bench(data.for_training(), data.test, config.plugins, name))
    graph = TaskGraph.all_shared((task.name for task in data.tasks), config.space.stages)
    part = config.space.candidate(graph, config.space.default())
    return _affinity([_train(_Job(part, 0))])


def _trained(jobs: list[_Job], bench: _Bench, n_workers: int) -> Iterator[_Done]:
    context = get_context("spawn")
    with context.Pool(n_workers, initializer=_start, initargs=(bench,)) as pool:
        yield from pool.imap_unordered(_train, jobs)


_state: dict[str, Any] = {}  # of a worker: the bench and the plugins


def _start(bench: _Bench) -> None:
    torch.set_num_threads(1)
    _state.update(bench=bench, plugins=load_plugins(bench.plugin_files))


def _train(job: _Job) -> _Done:
    bench: _Bench = _state["bench"]
    plugins: Plugins = _state["plugins"]
    data, test = _restricted(bench, job.part.graph)
    whole = len(job.part.graph.tasks) == len(bench.data.tasks)
    shared = whole and all(len(nodes) == 1 for nodes in job.part.graph.stages)
    estimator = pick(plugins.affinities, "affinity", bench.estimator) if shared else None
    order = Order(job.part, job.seed, Phase.GRAPHS)
    outcome = run_trial(order, data, plugins, CPU, math.inf, estimator=estimator)
    if outcome.network is None:
        raise SearchFailed(f"{job.part.graph}, seed {job.seed}: {outcome.result.reason}")
    kinds = data.fitted_kinds(plugins.task_kinds)
    predictions = predict(outcome.network, data.tasks, kinds, as_inputs(test.inputs, CPU))
    found = errors(evaluate(predictions, data.tasks, kinds, test.targets), data.tasks, kinds)
    scales = [constant_errors(data.tasks, kinds, part.targets) for part in (data.validation, test)]
    return _Done(
        job,
        {task: error / scales[0][task] for task, error in outcome.result.errors.items()},
        {task: error / scales[1][task] for task, error in found.items()},
        outcome.affinity,
    )


def _restricted(bench: _Bench, graph: TaskGraph) -> tuple[TrainingData, Part]:
    """The data, and the test part, with the targets of one part of a tree only."""
    columns = [at for at, task in enumerate(bench.data.tasks) if task.name in graph.tasks]

    def only(part: Part) -> Part:
        return replace(part, targets=part.targets[:, columns])

    data = replace(
        bench.data,
        tasks=tuple(bench.data.tasks[at] for at in columns),
        kinds=tuple(bench.data.kinds[at] for at in columns),
        train=only(bench.data.train),
        validation=only(bench.data.validation),
    )
    return data, only(bench.test)


def _reported(done: Iterable[_Done], n_jobs: int) -> Iterator[_Done]:
    """Passes on what is done, and says how far it is."""
    began = time.monotonic()
    for number, found in enumerate(done, start=1):
        if number % 20 == 0 or number == n_jobs:
            seconds = time.monotonic() - began
            print(f"{number} of {n_jobs} trainings, {seconds:.0f} s", flush=True)
        yield found


def _row(tree: int, seed: int, parts: list[_Done], names: list[str]) -> dict[str, Any]:
    validation = {task: error for part in parts for task, error in part.validation.items()}
    test = {task: error for part in parts for task, error in part.test.items()}
    return {
        "tree": tree,
        "seed": seed,
        "validation": [round(validation[name], 5) for name in names],
        "test": [round(test[name], 5) for name in names],
    }


def _groups(tree: TaskGraph, names: list[str]) -> list[list[list[int]]]:
    return [[[names.index(task) for task in node.tasks] for node in nodes] for nodes in tree.stages]


def _affinity(done: Iterable[_Done]) -> dict[str, Any] | None:
    """What was measured in the all-shared training with the first seed."""
    found = next((d.affinity for d in done if d.affinity and d.job.seed == 0), None)
    return None if found is None else _rounded(found.to_json())


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _sizes(data: Any) -> str:
    parts = [f"{len(getattr(data, p).rows)} {p}" for p in ("train", "validation", "test")]
    return ", ".join(parts)


def _model(config: Config) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in config.space.default().items())
    return f"{config.space.stages} stages; {settings}"
