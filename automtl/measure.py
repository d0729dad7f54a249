"""Affinity alone: how much the tasks help each other, measured without a search."""

import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from automtl.config import Config, check_offers, check_plugins, for_data, placed
from automtl.core.affinity import Affinity, AffinityEstimator, Anchor
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.objective import gains
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.errors import RunError, SearchFailed
from automtl.plugins import Plugins, load_plugins, pick
from automtl.train.device import choose_device
from automtl.train.evaluate import constant_errors
from automtl.train.probe import TargetsProbe
from automtl.train.rows import training_rows
from automtl.train.skips import with_skips
from automtl.train.trial import Outcome, run_trial


@dataclass(frozen=True)
class Measured:
    """
    An affinity, and which tree of task groups it recommends.

    :param threshold: The affinity from which tasks share: zero, or, where zero does not part help
        from harm, the mean over all pairs and stages.
    """

    affinity: Affinity
    threshold: float
    graph: TaskGraph


def measure(config: Config, name: str, say: Callable[[str], None]) -> Measured:
    """
    Measures affinity with the default settings of the search space, in this process.

    :param name: Of the estimator.
    :param say: Is told what is done, a line at a time.
    :raises AutoMTLError: If the user can mend it.
    :raises SearchFailed: If a training failed.
    """
    plugins = load_plugins(config.plugins)
    estimator = pick(plugins.affinities, "affinity", name)
    check_plugins(config, plugins)
    with placed(config):
        data = read_data(config.data_request(), plugins)
    data = with_skips(data, config.space, plugins)
    check_offers(config, data, plugins)
    config = for_data(config, data)
    if len(data.tasks) < 2:
        raise RunError(
            f"{config.data}: affinity is between tasks, so there must be two at least, but "
            f"'{data.tasks[0].name}' is the only one. Add a target."
        )
    torch.set_num_threads(1)  # as in the workers of a search, whose numbers these are then
    affinity = _Measurement(config, plugins, data, estimator, say).affinity()
    threshold = 0.0 if estimator.signed else _mean(affinity)
    graph = group_by_affinity(affinity, config.space.stages, threshold)
    return Measured(affinity, threshold, graph)


def check_writable(file: Path) -> None:
    """
    Makes sure that ``file`` can be written, before anything is measured.

    :raises RunError: If it cannot.
    """
    if file.is_dir() or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise RunError(
            f"{file}: cannot be written: it must be a file in a folder that exists and is yours to "
            f"write in."
        )


def write_affinity(affinity: Affinity, file: Path) -> None:
    """
    Writes an affinity as JSON.

    :raises RunError: If it cannot be written.
    """
    try:
        file.write_text(json.dumps(affinity.to_json(), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise RunError(f"{file}: cannot be written: {error.strerror}.") from None


class _Measurement:
    """The trainings that an estimator needs."""

    def __init__(
        self,
        config: Config,
        plugins: Plugins,
        data: MultiTaskData,
        estimator: type[AffinityEstimator],
        say: Callable[[str], None],
    ) -> None:
        self.config, self.plugins, self.data, self.say = config, plugins, data, say
        self.estimator, self.stages = estimator, config.space.stages
        self.tasks = tuple(sorted(task.name for task in data.tasks))

    def affinity(self) -> Affinity:
        """
        The affinity.

        :raises RunError: If there was too little to measure it from.
        """
        if self.estimator(self.tasks, self.stages).graphs():
            found = self._of_graphs()
        elif self.estimator.anchor == Anchor.NONE:
            found = self._of_targets()
        elif self.estimator.anchor == Anchor.SINGLE_TASK:
            found = self._of_single_task()
        else:
            found = self._shared.affinity
        if found is None:
            raise RunError(
                f"affinity '{self.estimator.name}': there was too little to measure it from. Raise "
                f"`training.epochs` or lower `training.batch_size` of the search space, so that "
                f"training has more steps, or choose another estimator."
            )
        return found

    def _of_targets(self) -> Affinity | None:
        self.say("Looking at the targets")
        data, estimator = self.data.for_training(), self.estimator(self.tasks, self.stages)
        estimator.update(TargetsProbe(*training_rows(self.tasks, data, self.plugins, self._device)))
        return estimator.result()

    def _of_single_task(self) -> Affinity | None:
        found = self._single.affinity
        return found and replace(found, cost=self._in_j([self._single]))

    def _of_graphs(self) -> Affinity | None:
        """From what came of each graph that the estimator asks for."""
        estimator = self.estimator(self.tasks, self.stages)
        data = self.data
        constants = constant_errors(data.tasks, data.kinds, data.validation.targets)
        outcomes = [self._single]
        for graph in estimator.graphs():
            outcomes.append(self._train(graph))
            errors, zero = outcomes[-1].result.errors, self._single.result.errors
            estimator.learn(graph, gains(errors, zero, constants))
        found = estimator.result()
        return found and replace(found, cost=self._in_j(outcomes))

    @cached_property
    def _shared(self) -> Outcome:
        return self._train(TaskGraph.all_shared(self.tasks, self.stages))

    @cached_property
    def _single(self) -> Outcome:
        return self._train(TaskGraph.single_task(self.tasks, self.stages))

    def _in_j(self, outcomes: Sequence[Outcome]) -> float:
        """What trainings took, in all-shared trainings."""
        return sum(outcome.result.seconds for outcome in outcomes) / self._shared.result.seconds

    def _train(self, graph: TaskGraph) -> Outcome:
        self.say(f"Training {graph}")
        settings = self.config.search
        candidate = self.config.space.candidate(graph, self.config.space.default())
        outcome = run_trial(
            Order(candidate, settings.seed, Phase.ANCHORS),
            self.data.for_training(),
            self.plugins,
            self._device,
            math.inf,
            self.estimator,
        )
        if outcome.network is None:
            raise SearchFailed(f"The training of {graph} failed: {outcome.result.reason}")
        return outcome

    @cached_property
    def _device(self) -> torch.device:
        return choose_device(self.config.search.device)


def _mean(affinity: Affinity) -> float:
    """The mean over all pairs and stages."""
    n = len(affinity.tasks)
    return float(np.sum(affinity.mean)) / (len(affinity.mean) * n * (n - 1))
