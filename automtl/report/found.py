"""What a run folder holds, at whatever moment, as the page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from automtl.config import load_config
from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.report.summarise import ranked
from automtl.report.summary import Row, Summary
from automtl.run import RunFolder
from automtl.search.standing import Standing

Curves = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Found:
    """
    What a run folder holds. Without a summary nothing was tested and exported yet, and the best
    candidate so far is shown.

    :param running: Whether the search goes on right now.
    :param trials: In the order they ended.
    :param standing: How they compare; None if the folder does not say how gains are computed.
    :param affinity: What was measured.
    :param posterior: What was inferred from gains, in gain.
    :param data: The report of the data, as `automtl.data.findings.describe.data_report` makes it.
    :param curves: Of the training shown, one for each independent part.
    :param sizes: Of its nodes, as `PartFiles.node_sizes` gives them.
    :param evidence: What ``evidence.json`` has for each task.
    :param config: The resolved configuration, as YAML.
    """

    folder: Path
    running: bool = False
    trials: Sequence[Trial] = ()
    standing: Standing | None = None
    summary: Summary | None = None
    affinity: Affinity | None = None
    posterior: Affinity | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    curves: Curves = ()
    sizes: Mapping[tuple[int, tuple[str, ...]], int] = field(default_factory=dict)
    evidence: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: str = ""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The leaderboard: as it was at the end, or as it is."""
        if self.summary is not None:
            return self.summary.rows
        return () if self.standing is None else ranked(self.standing)

    @cached_property
    def graph(self) -> TaskGraph | None:
        """The graph of the exported candidate, or of the best one so far."""
        if self.summary is not None:
            return TaskGraph.from_json(self.summary.graph)
        shown = _best(self.standing)
        return None if shown is None else shown.candidate.graph

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, as far as they are known."""
        if self.summary is not None:
            return tuple(task.name for task in self.summary.tasks)
        return tuple(task["name"] for task in self.data.get("tasks", ()))


def read_folder(run: RunFolder, running: bool = False) -> Found:
    """
    Reads what the page shows; neither trains nor needs the data file.

    :param running: Whether a search is at work in the folder: what an earlier session of it
        concluded does not count then.
    :raises RunError: If a file is broken.
    """
    trials = run.trials(mend=False)
    standing = _standing(run, trials)
    summary = None if running else _summary(run)
    shown = _shown(summary, trials, standing)
    return Found(
        folder=run.path,
        running=running,
        trials=trials,
        standing=standing,
        summary=summary,
        affinity=_measured(run, standing) if summary is None else summary.affinity,
        posterior=None if summary is None else summary.posterior,
        data=run.about.report(),
        curves=() if shown is None else run.parts.curves(shown),
        sizes={} if shown is None else run.parts.node_sizes(shown.order),
        evidence={} if summary is None else (run.read_json("evidence.json") or {}).get("tasks", {}),
        config=run.config.read_text(encoding="utf-8"),
    )


def _standing(run: RunFolder, trials: Sequence[Trial]) -> Standing | None:
    constants = run.about.constants()
    if constants is None:
        return None
    return Standing(trials, constants, load_config(run.config).search.aim)


def _summary(run: RunFolder) -> Summary | None:
    """
    What the search concluded, if it has.

    :raises RunError: If that cannot be read.
    """
    best = run.read_json("best.json")
    if best is None:
        return None
    try:
        found = Summary.from_json(best, _affinity(run, "affinity"), _affinity(run, "posterior"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{run.path / 'best.json'}: this is not what this version of automtl writes "
            f"({error!r}). Write it again by `automtl search --resume {run.path}`."
        ) from None
    return replace(found, folder=run.path)


def _affinity(run: RunFolder, name: str) -> Affinity | None:
    written = run.read_json(f"{name}.json")
    return None if written is None else Affinity.from_json(written)


def _shown(
    summary: Summary | None, trials: Sequence[Trial], standing: Standing | None
) -> Trial | None:
    """The training whose curves are shown: of the first network in the file, or the best so far."""
    if summary is None:
        return _best(standing)
    return next((trial for trial in trials if trial.order.key == summary.shown), None)


def _best(standing: Standing | None) -> Trial | None:
    ranking = [] if standing is None else standing.ranking
    return ranking[0].trials[0] if ranking else None


def _measured(run: RunFolder, standing: Standing | None) -> Affinity | None:
    """The affinity from the best anchor so far in which any was measured."""
    if standing is None:
        return None
    anchors = [trial for trial in (standing.shared, standing.single) if trial is not None]
    found = (run.parts.affinity(trial) for trial in anchors)
    return next((affinity for affinity in found if affinity is not None), None)
