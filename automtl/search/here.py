"""Trials in this process, one after another: for small data, where Ray's start takes longest."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from automtl.core.trial import Order, Phase, Result, Trial
from automtl.plugins import Plugins, load_plugins, pick
from automtl.search.director import Director
from automtl.search.progress import Progress
from automtl.search.tune import Job
from automtl.train.device import choose_device
from automtl.train.trial import run_trial


def run_trials_here(
    director: Director,
    job: Job,
    elapsed: float,
    record: Callable[[Trial], None],
    progress: Progress,
) -> bool:
    """
    Runs trials until the director has no more, with one thread, as a worker does: the numbers are
    those of a search by one worker. Nothing protects this process from a training that kills it.

    :param elapsed: Seconds that earlier sessions of this search took.
    :param record: Is given each trial as it ends, before anything else happens.
    :returns: False if the user interrupted it.
    """
    plugins, began = load_plugins(job.plugin_files), time.monotonic() - elapsed
    try:
        with _one_thread():
            while isinstance(order := director.ask(time.monotonic() - began), Order):
                spent, budget = time.monotonic() - began, director.budget
                progress.started(order, budget, len(director.trials), spent)
                limit = director.end(order)
                deadline = float("inf") if limit is None else began + limit
                result = _run(order, job, plugins, deadline)
                trial = Trial(order, result, round(time.monotonic() - began, 3))
                record(trial)
                director.tell(trial)
                progress.ended(trial, budget, director.standing, len(director.trials))
    except KeyboardInterrupt:
        return False
    return True


def _run(order: Order, job: Job, plugins: Plugins, deadline: float) -> Result:
    """
    One trial; its result as it is read back from the run folder, so that to go on with a search
    from there makes no difference.
    """
    measure = order.phase is Phase.ANCHORS and len(order.candidate.graph.tasks) > 1
    outcome = run_trial(
        order,
        job.data,
        plugins,
        choose_device(job.device),
        deadline,
        pick(plugins.affinities, "affinity", job.estimator) if measure else None,
        job.store,
        job.seconds,
    )
    return Result.from_json(outcome.result.to_json())


@contextmanager
def _one_thread() -> Iterator[None]:
    """PyTorch with one thread, and then with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
