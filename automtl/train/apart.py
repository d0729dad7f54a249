"""What networks predict for rows that they did not learn from, and what is chosen by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from automtl.core.objective import relative_error
from automtl.core.task import Floats
from automtl.core.trial import Bag
from automtl.data.dataset import Array, MultiTaskData, Part
from automtl.data.parts.bagging import Chosen, validated
from automtl.model.inputs import as_inputs
from automtl.model.network import Network
from automtl.train.evaluate import errors, evaluate, predict, tuned


@dataclass(frozen=True)
class Member:
    """
    A training whose network may be one of those whose mean is delivered.

    :param bag: On which division of the rows it was trained.
    :param restore: Gives its network.
    :param judged: What it was judged by, as `Trained` has it of each part; None if that is nothing
        but what its network predicts.
    """

    bag: Bag | None
    restore: Callable[[], Network]
    judged: Mapping[str, Floats] | None = None

    @cached_property
    def network(self) -> Network:
        """The network; restored when it is first asked for."""
        return self.restore()


def mean_predictions(
    networks: Sequence[Network], data: MultiTaskData, part: Part
) -> dict[str, Floats]:
    """The mean of what ``networks`` predict for each task, ``[n_rows, n_values]``."""
    inputs = as_inputs(part.inputs, torch.device("cpu"))
    each = [predict(network, data.tasks, data.kinds, inputs) for network in networks]
    return {task: np.mean([found[task] for found in each], axis=0) for task in each[0]}


@dataclass(frozen=True)
class Apart:
    """
    What one network predicts for its validation rows; NaN may stand where a task has no label.

    :param rows: Which these are, of the rows for training and validation joined, ``[n_rows]``.
    :param values: Its predictions for each task, ``[n_validation_rows, n_values]``.
    """

    rows: Chosen
    values: Mapping[str, Floats]


def apart(members: Sequence[Member], data: MultiTaskData) -> list[Apart]:
    """What each network predicts for the rows that it had for validation, as it was judged."""
    parts = {bag: validated(data, bag) for bag in {member.bag for member in members}}
    found = []
    for member in members:
        rows, part = parts[member.bag]
        found.append(Apart(rows, member.judged or mean_predictions([member.network], data, part)))
    return found


def tuned_apart(members: Sequence[Member], data: MultiTaskData) -> MultiTaskData:
    """
    The data with kinds that hold what is chosen on rows apart, such as thresholds: a row's
    prediction is the mean of what the networks say that had it for validation.
    """
    told, given = _together(apart(members, data))
    return replace(data, kinds=tuned(given, data.tasks, data.kinds, _targets(data)[told]))


def helpful(
    groups: Sequence[Sequence[Apart]], data: MultiTaskData, constants: Mapping[str, float]
) -> list[int]:
    """
    The groups of networks whose mean is exported: the first, and of the others, in turn, each that
    lowers its error on the rows that the first has predictions for.

    :param constants: Each task's error of a constant prediction, which its error is relative to.
    """
    rows = np.logical_or.reduce([one.rows for one in groups[0]])
    chosen = [0]
    least = _error(groups[0], rows, data, constants)
    for number in range(1, len(groups)):
        together = [one for at in (*chosen, number) for one in groups[at]]
        if (error := _error(together, rows, data, constants)) < least:
            chosen, least = [*chosen, number], error
    return chosen


def _error(
    networks: Sequence[Apart], rows: Chosen, data: MultiTaskData, constants: Mapping[str, float]
) -> float:
    """The error of the mean of ``networks`` on ``rows``, relative and averaged over tasks."""
    told, given = _together(networks)
    given = {task: values[rows[told]] for task, values in given.items()}
    targets = _targets(data)[rows]
    kinds = tuned(given, data.tasks, data.kinds, targets)
    found = errors(evaluate(given, data.tasks, kinds, targets), data.tasks, kinds)
    return relative_error(found, constants)


def _together(networks: Sequence[Apart]) -> tuple[Chosen, dict[str, Floats]]:
    """Which rows any network has a prediction for, and the mean of these."""
    seen = np.sum([one.rows for one in networks], axis=0)
    total: dict[str, Floats] = {}
    for one in networks:
        for task, values in one.values.items():
            total.setdefault(task, np.zeros((len(seen), values.shape[1])))[one.rows] += values
    told = seen > 0
    return told, {task: values[told] / seen[told, None] for task, values in total.items()}


def _targets(data: MultiTaskData) -> Array:
    return np.concatenate([data.train.targets, data.validation.targets])
