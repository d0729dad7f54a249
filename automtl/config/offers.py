"""Whether what a configuration offers and asks for suits its data."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from automtl.config.config import Config
from automtl.config.document import Problem
from automtl.core.space import Choice, Options
from automtl.data.request import ALL

if TYPE_CHECKING:  # what it takes to look at data brings torch along
    from automtl.core.task import Task, TaskKind
    from automtl.data.dataset import MultiTaskData
    from automtl.plugins import Plugins

T = TypeVar("T")

MAX_STEPS = 100  # an epoch: with more, a budget of minutes holds few trainings


def check_offers(config: Config, data: "MultiTaskData", plugins: "Plugins") -> None:
    """
    Checks what could not be known before the data were read, so that no training fails of it:
    whether the losses and heads on offer can be made for their tasks, and blocks, primitives,
    balancers and schedules with the values of their options, whether the metrics are defined on the
    validation part, and whether there are rows for the bags.

    :raises ConfigError: If not. The message lists all that is wrong, each with its place.
    """
    problems = [*_of_tasks(config, data, plugins), *_of_bags(config, data)]
    if problems:
        raise config.document.error(problems)
    if problems := [*_of_space(config, data, plugins)]:
        raise config.space_document.error(problems)


def for_data(config: Config, data: "MultiTaskData") -> Config:
    """
    The configuration with the losses and heads that it offers to several tasks for each of them,
    and without batches that are too small for so many rows where it offers larger ones.
    """
    targets = _targets(config, data)
    space = replace(
        config.space,
        losses=_spread(config.space.losses, targets),
        heads=_spread(config.space.heads, targets),
        training=_of_size(config.space.training, len(data.train.rows)),
    )
    return replace(config, space=space)


def _of_size(training: Options, n_rows: int) -> Options:
    """Batches of such a size that an epoch has `MAX_STEPS` at most, if there are any on offer."""
    sizes = training.get("batch_size")
    if not isinstance(sizes, Choice):
        return training
    kept = [size for size in sizes.values if n_rows <= MAX_STEPS * float(size)]
    largest = max(sizes.values, key=float)
    return {**training, "batch_size": Choice(tuple(kept or [largest]))}


def _targets(config: Config, data: "MultiTaskData") -> dict[str, str]:
    """The target of the configuration that each task comes from."""
    named = {target.name for target in config.targets}
    return {
        task.name: next((name for name in (task.name, task.target) if name in named), ALL)
        for task in data.tasks
    }


def _spread(offers: Mapping[str, T], targets: Mapping[str, str]) -> dict[str, T]:
    """What each task may have, by that of its target."""
    return {task: offers[target] for task, target in targets.items() if target in offers}


def _of_tasks(config: Config, data: "MultiTaskData", plugins: "Plugins") -> Iterator[Problem]:
    from automtl.train.evaluate import constant_errors
    from automtl.train.offers import misfits

    space, targets = for_data(config, data).space, _targets(config, data)
    scale = constant_errors(data.tasks, data.kinds, data.validation.targets)
    seen: set[Problem] = set()
    for task, kind in zip(data.tasks, data.kinds, strict=True):
        target = targets[task.name]
        losses, heads = space.losses.get(task.name, {}), space.heads.get(task.name, {})
        for misfit in misfits(kind, losses, heads, plugins):
            about = "" if target == task.name else f"task '{task.name}': "
            place = ("targets", target, *misfit.place)
            problem = Problem(place, f"{about}{misfit.message}")
            if problem.place not in {other.place for other in seen}:
                seen.add(problem)
                yield problem
        if not math.isfinite(scale[task.name]):
            yield Problem(("targets", target, "metric"), _undefined(task, kind))


def _of_space(config: Config, data: "MultiTaskData", plugins: "Plugins") -> Iterator[Problem]:
    from automtl.train.offers import misfits_of_space

    for misfit in misfits_of_space(config.space, data.preprocessing.layout, plugins):
        yield Problem(misfit.place, misfit.message)


def _undefined(task: "Task", kind: "TaskKind") -> str:
    return (
        f"the metric '{task.metric or kind.primary}' of task '{task.name}' is not defined on the "
        f"validation part: its labels there do not vary enough. Choose another metric or another "
        f"split, or leave the target out."
    )


def _of_bags(config: Config, data: "MultiTaskData") -> Iterator[Problem]:
    from automtl.data.parts.bagging import why_not_bagged

    if config.search.bags and (why := why_not_bagged(data, config.search.bags)):
        yield Problem(("search", "bags"), why)
