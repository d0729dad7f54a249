"""Run folders to the sides of a comparison: reads their files, and neither data nor weights."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan
from pathlib import Path
from statistics import fmean

from automtl.config.marks import read
from automtl.core.graph import TaskGraph
from automtl.errors import RunError
from automtl.report.compare.side import SIZE, SPENT, Score, Side, SideTask, Truth
from automtl.report.summary import Summary, TaskSummary
from automtl.run import RunFolder
from automtl.search.entry import Estimate

FOLDS = "folds.json"  # what a folder with a cross-validation has
NUMBERS = ("least", "mean", "greatest", "std")  # of labels in data.json


def read_sides(folders: Sequence[Path]) -> list[Side]:
    """
    Reads the folders of searches that have ended, or of cross-validations.

    :param folders: Two or more.
    :raises RunError: If one is no such folder, its search has not ended, its files cannot be read,
        or it is given twice.
    """
    paths = [folder.resolve() for folder in folders]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if len(paths) < 2 or twice is not None:
        given = f"{twice} was given twice" if twice else f"got {len(paths)}"
        raise RunError(f"A comparison needs two or more different run folders, but {given}.")
    return [
        replace(_side(path), name=name) for path, name in zip(paths, _names(paths), strict=True)
    ]


def _names(paths: Sequence[Path]) -> list[str]:
    """
    As much of the end of each path as tells all apart.

    >>> _names([Path("/a/runs/x"), Path("/b/runs/x")])
    ['a/runs/x', 'b/runs/x']
    """
    deepest = max(len(path.parts) for path in paths)
    for length in range(1, deepest + 1):
        names = ["/".join(path.parts[-length:]) for path in paths]
        if len({*names}) == len(names):
            break
    return names


def _side(path: Path) -> Side:
    """A folder of either form."""
    try:
        if (path / FOLDS).is_file():
            ended = json.loads((path / FOLDS).read_text())["results"]
            return _all_folds(path, [_run(path / f"fold-{fold['number']}") for fold in ended])
        return _run(path)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise RunError(
            f"{path}: what its search found cannot be read ({error!r}); another version of automtl "
            f"may have written it. Write it again by `automtl search --resume {path}`."
        ) from None


def _run(path: Path) -> Side:
    """One run folder."""
    run = RunFolder.open(path)
    best = run.read_json("best.json")
    if best is None:
        raise RunError(
            f"{path}: this search has not ended, so there is nothing to compare. Go on with it by "
            f"`automtl search --resume {path}`."
        )
    summary, truths = Summary.from_json(best), _truths(run)
    return Side(
        name=path.name,
        folder=path,
        tasks={
            task.name: _task(task, summary.winner.seeds, truths.get(task.name, Truth("")))
            for task in summary.tasks
        },
        mean_gain=summary.test_gains[summary.winner.digest],
        digests=(run.about.digest(),),
        n_rows=summary.n_rows,
        graphs=(TaskGraph.from_json(summary.graph),),
        config=read(run.config).data,
        settings=_settings(summary),
        costs=_costs(summary, run),
    )


def _all_folds(path: Path, folds: Sequence[Side]) -> Side:
    """
    All folds of a cross-validation, of which tasks count that all folds have.

    :raises RunError: If no fold has ended.
    """
    if not folds:
        raise RunError(
            f"{path}: no fold of this cross-validation has ended. Go on with it by `automtl search "
            f"--resume {path}`."
        )
    names = [name for name in folds[0].tasks if all(name in fold.tasks for fold in folds)]
    return Side(
        name=path.name,
        folder=path,
        tasks={name: _task_of_folds([fold.tasks[name] for fold in folds]) for name in names},
        mean_gain=_over([fold.mean_gain for fold in folds]),
        digests=tuple(digest for fold in folds for digest in fold.digests),
        n_rows=folds[0].n_rows,
        graphs=tuple(graph for fold in folds for graph in fold.graphs),
        config=read(path / "config.yaml").data,
        settings={},
        costs={name: sum(fold.costs[name] for fold in folds) for name in SPENT}
        | {name: fmean(fold.costs[name] for fold in folds) for name in SIZE},
        folds=len(folds),
    )


def _task(task: TaskSummary, seeds: int, truth: Truth) -> SideTask:
    """A task of one search."""
    scores = {
        name: Score(value, task.winner_test[name], task.winner_spread.get(name), seeds)
        for name, value in task.test.items()
    }
    return SideTask(task.kind, task.metric, scores, task.test_gain, (truth,))


def _task_of_folds(folds: Sequence[SideTask]) -> SideTask:
    first = folds[0]
    metrics = [name for name in first.scores if all(name in fold.scores for fold in folds)]
    return SideTask(
        first.kind,
        first.metric,
        {name: Score.over([fold.scores[name].value for fold in folds]) for name in metrics},
        _over([fold.gain for fold in folds]),
        tuple(truth for fold in folds for truth in fold.truths),
    )


def _over(gains: Sequence[Estimate]) -> Estimate:
    """The mean of gains over the folds that define them."""
    finite = [gain.mean for gain in gains if isfinite(gain.mean)]
    return Estimate.of(finite) if finite else Estimate(nan, None)


def _truths(run: RunFolder) -> dict[str, Truth]:
    """What each task was tested on."""
    return {
        task["name"]: Truth(
            task.get("test", ""),
            tuple(label[name] for label in task["labels"] for name in NUMBERS if name in label),
        )
        for task in run.about.report().get("tasks", [])
    }


def _settings(summary: Summary) -> dict[str, str]:
    """Each hyperparameter of the winner; where tasks differ in it, with the tasks."""
    of: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for tasks, values in summary.settings:
        for name, value in values.items():
            of[name][str(value)].extend(tasks)
    everybody = len(summary.tasks)
    return {
        name: "; ".join(
            value if len(tasks) == everybody else f"{value} ({', '.join(sorted(tasks))})"
            for value, tasks in values.items()
        )
        for name, values in sorted(of.items())
    }


def _costs(summary: Summary, run: RunFolder) -> dict[str, float]:
    spent_j = nan if summary.cost_j is None else summary.cost_j
    spent = (summary.trials, sum(summary.failed.values()), summary.seconds, spent_j)
    kib = summary.exported.size / 1024
    size = (summary.parameters, summary.flops, kib, _latency(summary, run))
    return dict(zip((*SPENT, *SIZE), map(float, (*spent, *size)), strict=True))


def _latency(summary: Summary, run: RunFolder) -> float:
    """Milliseconds that the networks in the file take one after another; NaN if not known."""
    trials = run.trials(mend=False)  # a search may be adding a line
    found = {trial.order.key: trial.result.latency_ms for trial in trials}
    return sum(found.get(member.key, nan) for member in summary.members)
