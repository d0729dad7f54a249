"""The story of a cross-validation: one search after another, each with another fold for testing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from automtl import pipeline
from automtl.config import Config
from automtl.cross_validation.folder import FoldsFolder
from automtl.cross_validation.results import CrossValidation, FoldResult
from automtl.errors import ConfigError, RunError
from automtl.search.progress import Progress

WITHOUT_EFFECT = ("workers", "device")  # settings that do not decide what a search finds


def search(
    config: Config, k: int, folder: Path, progress: Progress, *, address: str | None = None
) -> CrossValidation:
    """
    Begins a search for each fold, one after another, and sees them through.

    :param config: What to search for in each fold; each has the whole budget.
    :param k: How many folds.
    :param folder: The folder to be made, with a run folder for each fold in it.
    :param progress: Hears what happens.
    :param address: Of a running Ray cluster; None to train on this machine.
    :raises AutoMTLError: If the user can mend it. All folds are looked at before one is begun, and
        nothing is left behind.
    :raises SearchFailed: If no trial of a fold succeeded.
    :raises KeyboardInterrupt: If the user interrupts it, after saying how to go on.
    """
    _check_folds(config, k)
    made = FoldsFolder.create(folder, config.dump(), _digests(config, k, range(k), address))
    return _go_on(config, made, progress, address)


def resume(
    folder: Path,
    progress: Progress,
    *,
    change: Callable[[Config], Config] = lambda config: config,
    address: str | None = None,
) -> CrossValidation:
    """
    Goes on with a cross-validation that was interrupted, at whatever moment. A fold that ended is
    not touched again, unless ``change`` gives it something else to do, such as a larger budget.
    """
    opened = FoldsFolder.open(folder)
    config = pipeline.changed_config(opened.path, change)
    begun_with, left = opened.digests(), _left(opened, config)
    found = _digests(config, len(begun_with), left, address)
    if found != [begun_with[fold] for fold in left]:
        raise RunError(
            f"{opened.path}: the data are not what this cross-validation began with: {config.data} "
            f"has changed since. Start a new one."
        )
    return _go_on(config, opened, progress, address)


def _go_on(
    config: Config, folder: FoldsFolder, progress: Progress, address: str | None
) -> CrossValidation:
    """From the folds that ended, none at first, to the end."""
    with folder.lock():
        try:
            for fold in _left(folder, config):
                _search_fold(config, folder, fold, progress, address)
        except KeyboardInterrupt:
            progress.say(f"Interrupted. Go on with: automtl search --resume {folder.path}")
            raise
    return CrossValidation(folder.path, tuple(folder.results()))


def _search_fold(
    config: Config, folder: FoldsFolder, fold: int, progress: Progress, address: str | None
) -> None:
    """Sees the search of a fold through, from wherever it had come to."""
    k, path = len(folder.digests()), folder.fold(fold + 1)
    progress.say(f"Fold {fold + 1} of {k}")
    if path.exists():
        summary = pipeline.resume(
            path, progress, change=lambda _: config, address=address, fold=(fold, k)
        )
    else:
        summary = pipeline.search(config, path, progress, address=address, fold=(fold, k))
    folder.keep(FoldResult.of(fold + 1, _settings(config), summary))


def _left(folder: FoldsFolder, config: Config) -> list[int]:
    """The folds that have not ended with these settings, counted from 0."""
    settings = _settings(config)
    ended = {one.number - 1 for one in folder.results() if one.settings == settings}
    return [fold for fold in range(len(folder.digests())) if fold not in ended]


def _settings(config: Config) -> dict[str, Any]:
    values = config.search.model_dump()
    return {name: value for name, value in values.items() if name not in WITHOUT_EFFECT}


def _check_folds(config: Config, k: int) -> None:
    """
    Makes sure that it is left to the folds how rows are divided.

    :raises ConfigError: If it is not, or there are too few folds.
    """
    if k < 2:
        raise ConfigError(f"--folds: must be 2 or more, but is {k}.")
    if config.parts or config.split.column is not None:
        divider = "data" if config.parts else "split.column"
        raise ConfigError(
            f"--folds: folds divide the rows, but `{divider}` divides them already. Change it in "
            f"the configuration, or leave --folds out."
        )


def _digests(config: Config, k: int, folds: Sequence[int], address: str | None) -> list[str]:
    """The digests of the data of some folds, each of which can be searched."""
    return [pipeline.check(config, address, (fold, k))[1].digest for fold in folds]
