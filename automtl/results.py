"""A search from Python, and what it found: `search`, `resume` and `Run`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from automtl import pipeline
from automtl.config import Config, config_of, load_config, override
from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.deploy.ensemble import Ensemble
from automtl.deploy.predict import Predictor
from automtl.errors import MissingLibrary, RunError
from automtl.exporting import TOLERANCE, Compression, Exported, Wanted
from automtl.exporting import export as write_export
from automtl.progress import displayed
from automtl.report.found import read_folder
from automtl.report.html import write_report
from automtl.report.notebook import DrawnGraph, draw, run_html
from automtl.report.summary import Row, Summary
from automtl.run import RunFolder
from automtl.search.progress import Progress
from automtl.tracking.ended import ended_trials
from automtl.tracking.table import row
from automtl.train.trial import trial_network

if TYPE_CHECKING:
    import pandas as pd


def search(
    config: Config | str | Path | Mapping[str, Any],
    *,
    folder: str | Path | None = None,
    progress: Progress | bool = True,
) -> "Run":
    """
    Begins a search and sees it through; an interrupt (Ctrl-C) ends it tidily.

    :param config: A configuration, its file, or what would stand in one, as nested mappings and
        lists; paths in these are relative to the working directory.
    :param folder: The run folder to be made; None for ``runs/NAME``.
    :param progress: What hears how it goes; True for the display that fits a notebook, a terminal
        or a file, False for none.
    :raises AutoMTLError: If the user can mend it; nothing is left behind.
    :raises SearchFailed: If no training succeeded.
    """
    loaded = _loaded(config)
    place = Path("runs") / loaded.name if folder is None else Path(folder)
    with displayed(progress) as told:
        return Run(pipeline.search(loaded, place, told))


def resume(
    folder: str | Path,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    progress: Progress | bool = True,
) -> "Run":
    """
    Goes on with a search that was interrupted, or gives a finished one a larger budget. Nothing
    that was finished is lost or done again, and what was spent counts.

    :param trials, minutes: The limits from now on, of the whole search; None for those it had.
    :raises RunError: If it is no run folder, or its data have changed.
    """
    change = partial(override, trials=trials, minutes=minutes)
    with displayed(progress) as told:
        return Run(pipeline.resume(Path(folder), told, change=change))


@dataclass(frozen=True, repr=False)
class Run:
    """
    A search that has ended. Tables are data frames of pandas, which is imported when one is asked
    for. In a notebook it shows its result.

    :param summary: What it found, as plain data.
    """

    summary: Summary

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """
        Opens a run folder, without its data.

        :raises RunError: If it is none, or its search has not ended.
        """
        summary = read_folder(RunFolder.open(Path(folder))).summary
        if summary is None:
            raise RunError(
                f"{folder}: this search has not ended: there is no best.json. Go on with it by "
                f"`automtl search --resume {folder}`."
            )
        return cls(summary)

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.summary.folder

    @property
    def graph(self) -> DrawnGraph:
        """
        The task graph of the exported candidate: a `networkx.DiGraph` with the node ``"input"``,
        a node for each node of each stage (attributes ``stage`` and ``node``) and one a head
        (attribute ``task``). A notebook draws it.
        """
        return draw(self.task_graph)

    @property
    def task_graph(self) -> TaskGraph:
        """The same as a `TaskGraph`."""
        return TaskGraph.from_json(self.summary.graph)

    @property
    def trials(self) -> "pd.DataFrame":
        """
        The trainings, in the order they ended, with what `automtl.core.callback.Ended.settings`
        and `automtl.core.callback.Ended.metrics` have of each, such as ``phase``, ``graph``,
        ``learning_rate``, ``mean_gain``, ``gain/TASK`` and ``validation/TASK/METRIC``; missing
        where it has none. It is what `automtl trials` writes as CSV.
        """
        return _frame([row(trial) for trial in ended_trials(RunFolder.open(self.folder))])

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """
        The candidates, best first: ``mean_gain`` over a model per task and ``gain/TASK``, means
        over seeds on validation, each with ``/half_width``, half of its 95 % interval (NaN for one
        seed); 0.01 is an error smaller by 1 %.
        """
        return _frame([dict(_leaderboard_row(row)) for row in self.summary.rows])

    @property
    def affinity(self) -> "pd.DataFrame":
        """
        How much ``helper`` helps ``receiver`` at ``stage``, counted from 1, as it was measured in
        the all-shared anchor: ``mean`` and its ``standard_error``. Empty if nothing was measured.
        """
        return _affinity_frame(self.summary.affinity)

    @property
    def posterior(self) -> "pd.DataFrame":
        """The same as inferred from the gains of all trials, in gain; empty if nothing was."""
        return _affinity_frame(self.summary.posterior)

    @property
    def predictor(self) -> Predictor:
        """The exported file, ready to predict; needs neither the data nor torch."""
        return Predictor(self.folder / "best.onnx")

    def model(self) -> Ensemble:
        """
        What was exported, as a torch module in evaluation mode: preprocessed rows
        ``[batch, width]`` to one tensor ``[batch, n_values]`` a task, in the order of the
        summary's: probabilities, or values in the target's own units. It reads the data of the
        run. `automtl.pipeline.reopen` gives them preprocessed: ``reopen(run.folder).data.test``.

        :raises RunError: If the data have changed since.
        """
        opened = pipeline.reopen(self.folder)
        orders = {trial.order.key: trial.order for trial in opened.run.trials()}
        data, networks = opened.data.for_training(), []
        for member in self.summary.members:
            order = orders[member.key]
            network = trial_network(order, data, opened.plugins)
            networks.append(opened.run.parts.restore(order, network))
        return Ensemble(networks, opened.data.tasks, opened.data.kinds)

    def export(
        self,
        path: str | Path,
        *,
        tasks: Sequence[str] = (),
        candidate: str = "",
        ensemble: int | None = None,
        opset: int | None = None,
        compression: Compression | str = Compression.NONE,
        tolerance: float = TOLERANCE,
    ) -> Exported:
        """
        Writes another model file than ``best.onnx``, as `automtl export` does, and checks it on the
        whole test part.

        :param path: Is replaced if all checks are passed, and left as it is otherwise.
        :param tasks: Only what serves these tasks; all if there are none.
        :param candidate: The digest of another candidate, or its first digits.
        :param ensemble: The mean of so many trainings.
        :param opset: The version of ONNX's operators, 17 to 23.
        :param compression: Of `Compression`; its value will do.
        :param tolerance: By which share compression may make a task's error larger.
        :raises ExportError: If there is no such task, candidate, ensemble or opset.
        :raises ExportFailed: If a check fails.
        """
        smaller = Compression(compression)
        wanted = Wanted(tuple(tasks), candidate, ensemble, opset, smaller, tolerance)
        return write_export(self.folder, Path(path), wanted)

    def report(self) -> Path:
        """
        Writes ``report.html`` again, from what is in the run folder.

        :return: The file, to be opened in a browser.
        """
        write_report(RunFolder.open(self.folder))
        return self.folder / "report.html"

    def __repr__(self) -> str:
        return f"Run.load({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        return run_html(self.summary)


def _loaded(config: Config | str | Path | Mapping[str, Any]) -> Config:
    if isinstance(config, Config):
        return config
    return config_of(config) if isinstance(config, Mapping) else load_config(config)


def _leaderboard_row(row: Row) -> Iterator[tuple[str, Any]]:
    yield from {"rank": row.rank, "candidate": row.digest, "anchor": row.anchor}.items()
    yield from {"seeds": row.seeds, "parameters": row.parameters, "graph": row.graph}.items()
    for name, gain in [("mean_gain", row.mean), *((f"gain/{t}", g) for t, g in row.gains.items())]:
        yield name, gain.mean
        yield f"{name}/half_width", float("nan") if gain.half_width is None else gain.half_width


def _affinity_frame(affinity: Affinity | None) -> "pd.DataFrame":
    rows = [] if affinity is None else list(_affinity_rows(affinity))
    return _frame(rows, ["stage", "receiver", "helper", "mean", "standard_error"])


def _affinity_rows(affinity: Affinity) -> Iterator[tuple[int, str, str, float, float]]:
    for stage, (mean, std) in enumerate(zip(affinity.mean, affinity.std, strict=True), start=1):
        for i, receiver in enumerate(affinity.tasks):
            for j, helper in enumerate(affinity.tasks):
                if i != j:
                    yield stage, receiver, helper, mean[i][j], std[i][j]


def _frame(rows: Sequence[Any], columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """
    Rows, mappings or tuples, as a data frame.

    :raises MissingLibrary: If pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ModuleNotFoundError:
        raise MissingLibrary("A table of a run", "pandas", "sklearn") from None
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=columns)
    return frame
