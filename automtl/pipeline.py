"""The whole story: a configuration becomes one checked ONNX file, with the evidence for it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from automtl.conclusion import conclude
from automtl.config import Config, check_offers, check_plugins, for_data, load_config, placed
from automtl.core.candidate import Candidate
from automtl.core.searcher import SearchProblem
from automtl.core.trial import Order, Phase, Trial
from automtl.data.dataset import MultiTaskData, TrainingData
from automtl.data.findings.describe import data_report
from automtl.data.read import read_data
from automtl.deploy.export import schema_of
from automtl.errors import RunError
from automtl.init import starter_config
from automtl.model.count import count_parameters
from automtl.plugins import Plugins, load_plugins, pick
from automtl.report.live import live_report
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.budget import Budget, training_seconds
from automtl.search.director import Director
from automtl.search.here import run_trials_here
from automtl.search.plan import Plan
from automtl.search.progress import Progress
from automtl.search.tune import Job, Workers, check_address, run_trials
from automtl.starter import propose, told
from automtl.tracking.listeners import Listeners, make_callbacks
from automtl.train.evaluate import constant_errors
from automtl.train.skips import with_skips
from automtl.train.trial import trial_network

SMALL = 1000  # training rows below which a configuration starts with the tiny search space


@dataclass(frozen=True)
class Reopened:
    """
    A run folder, and all that its search knew.

    :param data: As the search had them, the skips included.
    :param director: Told of every trial, so that its ``standing`` is that of the search.
    """

    run: RunFolder
    config: Config
    plugins: Plugins
    data: MultiTaskData
    director: Director


def search(
    config: Config,
    folder: Path,
    progress: Progress,
    *,
    address: str | None = None,
    fold: tuple[int, int] | None = None,
) -> Summary:
    """
    Begins a search and sees it through.

    :param config: What to search for, on what, for how long.
    :param folder: The run folder to be made.
    :param progress: Hears what happens.
    :param address: Of a running Ray cluster; None to train on this machine.
    :param fold: Which fold of how many is for testing, in a cross-validation.
    :raises AutoMTLError: If the user can mend it; nothing is left behind.
    :raises SearchFailed: If no trial succeeded.
    :raises KeyboardInterrupt: If the user interrupts it and it is a fold.
    """
    plugins, data = _prepare(config, address, fold)
    callbacks = make_callbacks(config, plugins)
    about = {
        "digest": data.digest,
        "notes": list(data.notes),
        "report": data_report(data, config.data_request(fold)),
        "constants": constant_errors(data.tasks, data.kinds, data.validation.targets),
        "training_seconds": training_seconds(_seconds(config), config.search.n_workers),
    }
    run = RunFolder.create(folder, config.dump(), about | ({} if fold is None else {"fold": fold}))
    for note in data.notes:
        progress.say(note)
    listeners = Listeners(callbacks, run, progress)
    return _go_on(config, run, data, plugins, listeners, progress, address)


def resume(
    folder: Path,
    progress: Progress,
    *,
    change: Callable[[Config], Config] = lambda config: config,
    address: str | None = None,
    fold: tuple[int, int] | None = None,
) -> Summary:
    """
    Goes on with a search that was interrupted, at whatever moment. Nothing that was finished is
    lost or done again, and what was spent counts.

    :param change: Changes the configuration: gives a larger budget, say.
    :param fold: As it was when the search began.
    :raises KeyboardInterrupt: If the user interrupts it and it is a fold.
    """
    run = RunFolder.open(folder)
    config = changed_config(run.path, change)
    if run.about.fold() != fold:
        raise RunError(
            f"{run.path}: this is a fold of a cross-validation. Go on with all of it by `automtl "
            f"search --resume {run.path.parent}`."
        )
    plugins, data = _prepare(config, address, fold)
    _check_digest(run, config, data)
    listeners = Listeners(make_callbacks(config, plugins), run, progress)
    return _go_on(config, run, data, plugins, listeners, progress, address)


def reopen(folder: Path) -> Reopened:
    """
    Opens a run folder to look at it, or to make something of its trained networks.

    :raises RunError: If it is no run folder, or the data have changed since.
    :raises AutoMTLError: If the data or a plugin cannot be read any more.
    """
    run = RunFolder.open(folder)
    config = load_config(run.config)
    plugins, data = _prepare(config, None, run.about.fold())
    _check_digest(run, config, data)
    director = Director(_plan(config, run, data, plugins))
    for trial in run.trials():
        director.tell(trial)
    return Reopened(run, config, plugins, data, director)


def changed_config(folder: Path, change: Callable[[Config], Config]) -> Config:
    """
    The configuration in a run folder, changed.

    :raises RunError: If the seed changes.
    """
    begun_with = load_config(folder / "config.yaml")
    config = change(begun_with)
    if config.search.seed != begun_with.search.seed:
        raise RunError(
            f"{folder}: this search has the seed {begun_with.search.seed}, which cannot change "
            f"while it goes on. Leave --seed out."
        )
    return config


def check(
    config: Config, address: str | None = None, fold: tuple[int, int] | None = None
) -> tuple[Plugins, MultiTaskData]:
    """Whatever can go wrong by a user's mistake, before anything is written."""
    if address is not None:
        if config.search.workers == 0:
            raise RunError("--address: with 0 workers no cluster is used. Leave one of them out.")
        check_address(address)
    if config.search.device == "cuda" and not torch.cuda.is_available():
        raise RunError("search.device: there is no GPU here that PyTorch can use. Write `auto`.")
    plugins = load_plugins(config.plugins)
    check_plugins(config, plugins)
    with placed(config):
        data = read_data(config.data_request(fold), plugins)
    schema_of(data)  # names that cannot be exported are better known now
    check_offers(config, data, plugins)
    # Whether the searcher can search this at all, too.
    tasks = tuple(sorted(task.name for task in data.tasks))
    searcher = pick(plugins.searchers, "searcher", config.search.searcher)
    space = for_data(config, data).space
    searcher(SearchProblem(space, tasks, space.default()))
    return plugins, data


def _check_digest(run: RunFolder, config: Config, data: MultiTaskData) -> None:
    """
    Makes sure that the data are those of the run.

    :raises RunError: If they are not.
    """
    if data.digest != run.about.digest():
        raise RunError(
            f"{run.path}: the data are not what this search began with: {config.data} has changed "
            f"since. Start a new search."
        )


def _prepare(
    config: Config, address: str | None, fold: tuple[int, int] | None
) -> tuple[Plugins, MultiTaskData]:
    """What `check` gives, with the skips of the search space."""
    plugins, data = check(config, address, fold)
    return plugins, with_skips(data, config.space, plugins)


def write_starter(file: Path, targets: Sequence[str], out: Path) -> None:
    """
    Writes a commented configuration for the table in ``file``, with the kinds that were inferred.

    :param targets: The columns to predict; none for what the file says are its labels.
    :param out: The configuration to be written.
    :raises DataError: If the table cannot be read or does not hold the targets.
    :raises RunError: If ``out`` exists or cannot be written.
    """
    plugins = load_plugins()
    request = propose(file, targets, plugins)
    data = read_data(request, plugins)
    folder = out.resolve().parent
    paths = {part: os.path.relpath(path, folder) for part, path in request.parts.items()}
    kinds = {task.name: task.kind for task in data.tasks}
    text = starter_config(
        paths or os.path.relpath(request.path, folder),
        {target.name: told(target, kinds[target.name]) for target in request.targets},
        {name: column.kind.value for name, column in data.table.items()},
        data.notes,
        "tiny" if len(data.train.rows) < SMALL else "default",
    )
    try:
        with out.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise RunError(f"{out}: cannot be written: {error.strerror}.") from None


def _go_on(
    config: Config,
    run: RunFolder,
    data: MultiTaskData,
    plugins: Plugins,
    listeners: Listeners,
    progress: Progress,
    address: str | None,
) -> Summary:
    """From the trials in the run folder, none at first, to the end."""
    settings = config.search
    director = Director(_plan(config, run, data, plugins))
    with run.lock():
        earlier = run.trials()
        for trial in earlier:
            director.tell(trial)
        listeners.begin(config, earlier, director.standing)
        training, seconds = data.for_training(), run.about.training_seconds()
        job = Job(training, config.plugins, settings.affinity, settings.device, run.parts, seconds)
        elapsed = max((trial.elapsed for trial in earlier), default=0.0)
        record = partial(_record, run, plugins, listeners, director, progress)
        with live_report(run) as final:
            if settings.n_workers == 0:
                complete = run_trials_here(director, job, elapsed, record, progress)
            else:
                workers = Workers(settings.n_workers, _gpus(settings.device), address)
                complete = run_trials(director, job, workers, elapsed, record, progress)
            if not complete:
                _interrupted(run, progress)
            progress.say("Testing the best candidate, and exporting it")
            final()
            summary = conclude(run, data, plugins, director, settings.ensemble)
    listeners.search_end(summary.to_json())
    with _outliving("at the end", progress):
        plugins.hook.automtl_search_end(folder=run.path, trials=director.trials)
    return summary


def _plan(config: Config, run: RunFolder, data: MultiTaskData, plugins: Plugins) -> Plan:
    """What the director is to bring about."""
    constants = constant_errors(data.tasks, data.kinds, data.validation.targets)
    settings = config.search
    return Plan(
        for_data(config, data).space,
        constants,
        pick(plugins.searchers, "searcher", settings.searcher),
        Budget(
            settings.trials,
            _seconds(config),
            settings.seeds,
            settings.bags,
            settings.ensemble,
            lone=len(constants) == 1,
        ),
        settings.seed,
        run.parts.affinity,
        estimator=pick(plugins.affinities, "affinity", settings.affinity),
        objective=settings.aim,
        count=partial(_parameters, data.for_training(), plugins),
        fidelity=settings.fidelity,
        workers=max(1, settings.n_workers),
    )


def _seconds(config: Config) -> float | None:
    """How long the search may take, if that is limited."""
    return None if config.search.minutes is None else 60 * config.search.minutes


def _interrupted(run: RunFolder, progress: Progress) -> None:
    """
    Says how to go on with a search.

    :raises KeyboardInterrupt: If it is a fold: there is nothing to conclude without the others.
    """
    if run.about.fold() is not None:
        raise KeyboardInterrupt
    progress.say(f"Interrupted. Go on with: automtl search --resume {run.path}")


def _parameters(data: TrainingData, plugins: Plugins, candidate: Candidate) -> int:
    """How many parameters a candidate has; 0 if it cannot be built, as its trial will say why."""
    try:
        network = trial_network(Order(candidate, 0, Phase.GRAPHS), data, plugins)
    except Exception:  # a plugin may raise anything
        return 0
    return count_parameters(network)


def _record(
    run: RunFolder,
    plugins: Plugins,
    listeners: Listeners,
    director: Director,
    progress: Progress,
    trial: Trial,
) -> None:
    run.append(trial)
    listeners.trial_end(trial, director.standing)
    with _outliving(f"on trial {trial.order.key}", progress):
        plugins.hook.automtl_trial_end(trial=trial)


@contextmanager
def _outliving(when: str, progress: Progress) -> Iterator[None]:
    """A callback may raise anything; the search goes on."""
    try:
        yield
    except Exception as error:
        progress.say(f"A callback failed {when}: {error!r}")


def _gpus(device: str) -> int:
    return 0 if device == "cpu" else torch.cuda.device_count()
