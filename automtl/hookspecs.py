"""
The hooks a plugin may implement; this file is the whole contract of a plugin.

A hook offers classes, each under its ``name``; ``automtl.testing`` has a contract test for each
kind of class. The last two hooks are told what happens, in the process that drives the search,
whatever the configuration says.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pluggy

from automtl.core.affinity import AffinityEstimator
from automtl.core.balancer import Balancer
from automtl.core.block import Block
from automtl.core.callback import Callback
from automtl.core.head import Head
from automtl.core.loss import Loss
from automtl.core.primitive import Primitive
from automtl.core.reader import Reader
from automtl.core.schedule import Schedule
from automtl.core.searcher import Searcher
from automtl.core.task import TaskKind
from automtl.core.trial import Trial

hookspec = pluggy.HookspecMarker("automtl")
hookimpl = pluggy.HookimplMarker("automtl")


@hookspec
def automtl_primitives() -> Iterable[type[Primitive]]:  # type: ignore[empty-body]
    """Offers sharing primitives."""


@hookspec
def automtl_blocks() -> Iterable[type[Block]]:  # type: ignore[empty-body]
    """Offers blocks to make stages of."""


@hookspec
def automtl_balancers() -> Iterable[type[Balancer]]:  # type: ignore[empty-body]
    """Offers ways to make one loss of several."""


@hookspec
def automtl_affinities() -> Iterable[type[AffinityEstimator]]:  # type: ignore[empty-body]
    """Offers estimators of task affinity."""


@hookspec
def automtl_task_kinds() -> Iterable[type[TaskKind]]:  # type: ignore[empty-body]
    """Offers kinds of task."""


@hookspec
def automtl_losses() -> Iterable[type[Loss]]:  # type: ignore[empty-body]
    """Offers losses that a task may have in place of its kind's own."""


@hookspec
def automtl_heads() -> Iterable[type[Head]]:  # type: ignore[empty-body]
    """Offers heads of tasks."""


@hookspec
def automtl_schedules() -> Iterable[type[Schedule]]:  # type: ignore[empty-body]
    """Offers learning rate schedules."""


@hookspec
def automtl_searchers() -> Iterable[type[Searcher]]:  # type: ignore[empty-body]
    """Offers searchers."""


@hookspec
def automtl_readers() -> Iterable[type[Reader]]:  # type: ignore[empty-body]
    """Offers readers of tables."""


@hookspec
def automtl_callbacks() -> Iterable[type[Callback]]:  # type: ignore[empty-body]
    """Offers callbacks that a configuration can ask for."""


@hookspec
def automtl_trial_end(trial: Trial) -> None:
    """Is told of each trial as it ends."""


@hookspec
def automtl_search_end(folder: Path, trials: Sequence[Trial]) -> None:
    """Is told once, when the run folder is complete, with all trials in the order they ended."""
