"""The callbacks of a search: made at its door, told what happens, and never in its way."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from automtl.config import Config
from automtl.core.callback import Begun, Callback
from automtl.core.trial import Trial
from automtl.errors import AutoMTLError, PluginError
from automtl.plugins import Plugins, pick
from automtl.run import RunFolder
from automtl.search.progress import Progress
from automtl.search.standing import Standing
from automtl.tracking.ended import ended_trial

MAX_SHOWN = 300  # characters of an error: those of a network may have pages


def make_callbacks(config: Config, plugins: Plugins) -> list[Callback]:
    """
    The callbacks that a configuration asks for.

    :raises PluginError: If there is no such callback, or it does not take its options.
    :raises MissingLibrary: If its tool is not installed.
    """
    return [
        _make(pick(plugins.callbacks, "callback", name), options)
        for name, options in config.search.listeners.items()
    ]


class Listeners:
    """
    The callbacks of one session of a search. One that raises anything is left out from then on,
    so that a server that is down is not waited for after every trial; when the search goes on
    again, it is told all that it missed.

    :param progress: Is told of those that fail.
    """

    def __init__(self, callbacks: Sequence[Callback], run: RunFolder, progress: Progress) -> None:
        self._callbacks, self._run, self._progress = list(callbacks), run, progress
        self._n_trials = 0

    def begin(self, config: Config, earlier: Sequence[Trial], standing: Standing) -> None:
        """
        Tells them of a search that begins or goes on.

        :param earlier: The trials that ended in earlier sessions.
        :param standing: How these compare.
        """
        if self._callbacks:
            begun = Begun(self._run.path, _name(self._run), self._run.id(), config.to_json())
            self._tell("at the beginning", lambda callback: callback.begin(begun))
        for trial in earlier:
            self.trial_end(trial, standing)

    def trial_end(self, trial: Trial, standing: Standing) -> None:
        """
        Tells them of the next trial.

        :param standing: How the trials compare, this one or at least those before it.
        """
        self._n_trials += 1
        if self._callbacks:
            ended = ended_trial(self._n_trials, trial, standing, self._run)
            self._tell(f"on trial {ended.name}", lambda callback: callback.trial_end(ended))

    def search_end(self, summary: Mapping[str, Any]) -> None:
        """Tells them what ``best.json`` holds, when the run folder is complete."""
        self._tell("at the end", lambda callback: callback.search_end(summary))

    def _tell(self, when: str, tell: Callable[[Callback], None]) -> None:
        for callback in list(self._callbacks):
            try:
                tell(callback)
            except Exception as error:  # a callback may raise anything; the search goes on
                self._callbacks.remove(callback)
                self._progress.say(
                    f"The callback '{callback.name}' failed {when}, and hears no more before "
                    f"`automtl search --resume {self._run.path}`: {error!r:.{MAX_SHOWN}}"
                )


def _make(callback: type[Callback], options: Mapping[str, Any]) -> Callback:
    try:
        return callback(**options)
    except AutoMTLError:
        raise
    except Exception as error:
        raise PluginError(
            f"search.callbacks: '{callback.name}' does not take the options {dict(options)}: "
            f"{error!r}"
        ) from error


def _name(run: RunFolder) -> str:
    """The name of the run folder; of a fold's, behind that of its cross-validation."""
    folders: list[Path] = [run.path] if run.about.fold() is None else [run.path.parent, run.path]
    return "-".join(folder.name for folder in folders)
