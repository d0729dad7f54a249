"""Ray Tune runs the trials that the director orders. The only file that knows Ray."""

import contextlib
import json
import logging
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.data.dataset import TrainingData
from automtl.errors import RunError
from automtl.search.director import Answer, Director
from automtl.search.progress import Progress
from automtl.train.part import PartStore

OBJECT_STORE = 150 * 1024**2  # bytes, beside what the data take
DIED = "the worker process died; was it out of memory?"


@dataclass(frozen=True)
class Job:
    """
    What every worker is given, once.

    :param data: What to train on.
    :param plugin_files: The user's plugins.
    :param estimator: The name of the affinity estimator.
    :param device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    :param store: Keeps trained parts, in the worker, and finds them again.
    :param seconds: How long a training may last; see `training_seconds`.
    """

    data: TrainingData
    plugin_files: tuple[Path, ...]
    estimator: str
    device: str
    store: PartStore
    seconds: float


@dataclass(frozen=True)
class Workers:
    """
    Who trains.

    :param count: How many trials run at a time, with one thread each.
    :param gpus: How many GPUs they divide among them.
    :param address: Of a running Ray cluster; None to start Ray on this machine.
    """

    count: int
    gpus: int = 0
    address: str | None = None


def run_trials(
    director: Director,
    job: Job,
    workers: Workers,
    elapsed: float,
    record: Callable[[Trial], None],
    progress: Progress,
) -> bool:
    """
    Runs trials until the director has no more. Ray is not started where there is none to begin
    with: in a finished search that is gone on with to conclude it in another way.

    :param elapsed: Seconds that earlier sessions of this search took.
    :param record: Is given each trial as it ends, before anything else happens.
    :returns: False if the user interrupted it.
    """
    first = director.ask(elapsed)
    if not isinstance(first, Order):
        return True
    progress.say(f"Starting {workers.count} workers")
    with _ray(workers, job) as folder:
        from ray import tune

        proposals = _proposals(director, first, elapsed, record, progress)
        share = {"cpu": 1.0, "gpu": min(1.0, workers.gpus / workers.count)}
        trainable = tune.with_resources(tune.with_parameters(_train, job=job), share)
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=proposals,
                num_samples=-1,
                max_concurrent_trials=workers.count,
                reuse_actors=True,
                trial_name_creator=str,
                trial_dirname_creator=lambda trial: str(trial.trial_id),
            ),
            run_config=tune.RunConfig(name="trials", storage_path=folder, verbose=0),
        )
        try:
            tuner.fit()
        except KeyboardInterrupt:
            return False
    return True


def _train(config: dict[str, Any], job: Job) -> None:
    """Runs one trial, in a worker."""
    import torch
    from ray import tune

    from automtl.plugins import load_plugins, pick
    from automtl.train.device import choose_device
    from automtl.train.trial import run_trial

    torch.set_num_threads(1)
    order = Order.from_json(json.loads(config["order"]))
    plugins = load_plugins(job.plugin_files)
    measure = order.phase is Phase.ANCHORS and len(order.candidate.graph.tasks) > 1
    outcome = run_trial(
        order,
        job.data,
        plugins,
        choose_device(job.device),
        time.monotonic() + config["deadline"] - time.time(),
        pick(plugins.affinities, "affinity", job.estimator) if measure else None,
        job.store,
        job.seconds,
    )
    tune.report({"result": json.dumps(outcome.result.to_json())})


def _proposals(
    director: Director,
    first: Order,
    earlier: float,
    record: Callable[[Trial], None],
    progress: Progress,
) -> Any:
    """The director as Ray Tune's searcher; ``first`` is what it ordered already."""
    from ray.tune.search import Searcher

    class Proposals(Searcher):
        def __init__(self) -> None:
            super().__init__()
            self.orders: dict[str, Order] = {}
            self.ordered = [first]
            self.began = time.monotonic()

        def elapsed(self) -> float:
            return earlier + time.monotonic() - self.began

        def suggest(self, trial_id: str) -> Any:
            answer = self.ordered.pop() if self.ordered else director.ask(self.elapsed())
            if not isinstance(answer, Order):
                return Searcher.FINISHED if answer is Answer.FINISHED else None
            self.orders[trial_id] = answer
            progress.started(answer, director.budget, len(director.trials), self.elapsed())
            limit = director.end(answer)
            left = float("inf") if limit is None else limit - self.elapsed()
            # By the clock on the wall, as a worker may take seconds to start.
            return {"order": json.dumps(answer.to_json()), "deadline": time.time() + left}

        def on_trial_complete(
            self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
        ) -> None:
            order = self.orders.pop(trial_id)
            found = Result(Status.FAILED, DIED)
            if result is not None and "result" in result:
                found = Result.from_json(json.loads(result["result"]))
            trial = Trial(order, found, round(self.elapsed(), 3))
            record(trial)
            director.tell(trial)
            progress.ended(trial, director.budget, director.standing, len(director.trials))

        def __reduce__(self) -> tuple[Any, ...]:
            return object, ()  # Ray pickles its searcher, to resume by; we have our own way

        def save(self, checkpoint_path: str) -> None:
            """Nothing: the run folder has all that a resumed search needs."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing, as nothing was saved."""

    return Proposals()


@contextlib.contextmanager
def _ray(workers: Workers, job: Job) -> Iterator[str]:
    """Ray, started or attached to, and a folder for its own state; both are gone at the end."""
    _remove_leftovers()
    folder = tempfile.mkdtemp(prefix=f"automtl-ray-{os.getpid()}-")
    if workers.address is None:
        _be_quiet_and_private()
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # the old engine can be silent
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")  # Ctrl-C is ours
    os.environ.setdefault("TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "0")
    os.environ.setdefault("TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S", "0")
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        if workers.address is None:
            ray.init(
                num_cpus=workers.count,
                num_gpus=workers.gpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                object_store_memory=OBJECT_STORE + 2 * _size(job.data),
                _node_ip_address="127.0.0.1",
                _temp_dir=folder,
            )
        else:
            ray.init(workers.address, log_to_driver=False, logging_level=logging.ERROR)
        yield folder
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers() -> None:
    """The folders that Ray left behind in searches that were killed."""
    for mark in Path(tempfile.gettempdir()).glob("automtl-ray-*-*/session_latest"):
        pid = mark.parent.name.split("-")[2]
        if pid.isdecimal() and not _alive(int(pid)):
            shutil.rmtree(mark.parent, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _be_quiet_and_private() -> None:
    """No telemetry, no file in the home folder, and nobody connects without this run's token."""
    os.environ.update(
        RAY_USAGE_STATS_ENABLED="0",
        RAY_AUTH_MODE="token",
        RAY_CHDIR_TO_TRIAL_DIR="0",
        RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0",
    )
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def check_address(address: str) -> None:
    """
    Makes sure that something listens at ``address``: Ray itself would try for minutes.

    :raises RunError: If nothing does, or if it is not of the form HOST:PORT.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, ValueError) as error:
        raise RunError(
            f"--address {address}: no Ray cluster answers at this HOST:PORT ({error}). Start one "
            f"with `ray start --head`, or leave --address out to train on this machine."
        ) from None


def _size(data: TrainingData) -> int:
    parts = (data.train, data.validation)
    return sum(part.inputs.nbytes + part.targets.nbytes for part in parts)
