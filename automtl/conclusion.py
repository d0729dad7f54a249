"""The end of a search: what won is tested once, exported and written down."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automtl.core.candidate import Candidate
from automtl.core.task import Metric
from automtl.core.trial import Trial
from automtl.data.dataset import MultiTaskData
from automtl.deploy.export import ExportReport, export_onnx
from automtl.deploy.metadata import provenance
from automtl.deploy.writer import OPSET
from automtl.errors import SearchFailed
from automtl.model.network import Network
from automtl.plugins import Plugins
from automtl.report.card import model_card
from automtl.report.citations import citations, citations_of
from automtl.report.evidence import evidence_json
from automtl.report.html import write_report
from automtl.report.summarise import Delivered, Judged, Learned, summarise
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.bags import bags_of
from automtl.search.director import Director
from automtl.search.entry import Entry
from automtl.search.front import nearest
from automtl.search.members import ensemble_members
from automtl.search.standing import Standing
from automtl.train.apart import Member, apart, helpful, mean_predictions, tuned_apart
from automtl.train.evaluate import errors, evaluate, evaluate_columns
from automtl.train.sets import evaluate_sets
from automtl.train.trial import trial_network


def conclude(
    run: RunFolder,
    data: MultiTaskData,
    plugins: Plugins,
    director: Director,
    n_members: int,
) -> Summary:
    """
    Chooses on validation, tests once, exports, and writes down what was found.

    :param n_members: Of how many networks the exported file holds the mean; with bags, of the bags
        of how many candidates.
    :raises SearchFailed: If nothing succeeded, or nothing keeps the limits.
    """
    standing, trials = director.standing, director.trials
    _check_winner(standing, trials)
    winner = standing.ranking[0]
    compared = [entry for entry in standing.ranking if entry.anchor] + [winner]
    judged = {entry.candidate.digest: _judge(entry, run, data, plugins) for entry in compared}
    bags = bags_of(standing, trials, director.budget.bags, n_members)
    bags = _helpful(bags, run, data, plugins, standing.constants)
    members = bags or ensemble_members(standing, n_members)
    delivered = _deliver(members, run, data, plugins)
    learned = _learned(director)
    summary = summarise(standing, trials, data, judged, delivered, learned, run.path)
    trained = sum(bag.candidate == members[0].candidate for bag in bags)
    lacking, stands_on = director.budget.bags - trained, tuple(citations(summary, plugins))
    summary = replace(summary, lacking_bags=lacking, stands_on=stands_on)
    _write_down(summary, run)
    return summary


def _check_winner(standing: Standing, trials: Sequence[Trial]) -> None:
    """
    Makes sure that there is a winner.

    :raises SearchFailed: If nothing can be compared, or nothing keeps the limits.
    """
    if not standing.ranking:
        raise SearchFailed(_why_nothing_succeeded(trials))
    if not standing.peers:
        raise SearchFailed(
            f"No candidate keeps the limits of the search: "
            f"{nearest(standing.ranking, standing.objective)}. Raise or remove the limit in "
            f"config.yaml of the run folder and resume, or begin with a space of smaller networks."
        )


def _why_nothing_succeeded(trials: Sequence[Trial]) -> str:
    counts = Counter(trial.result.reason for trial in trials).most_common(5)
    reasons = "; ".join(f"{n} × {reason}" for reason, n in counts)
    return (
        f"No single-task anchor succeeded, so nothing can be compared ({len(trials)} trials: "
        f"{reasons or 'none was begun'})."
    )


def _learned(director: Director) -> Learned:
    """What the search knows beside its trials."""
    searcher = director.searcher
    return Learned(
        affinity=director.affinity,
        posterior=None if searcher is None else searcher.posterior(),
        calibration=director.calibration,
    )


def _deliver(
    members: Sequence[Trial], run: RunFolder, data: MultiTaskData, plugins: Plugins
) -> Delivered:
    """Exports the mean prediction of ``members``, and tests it."""
    made = export_members(members, run, data, plugins, run.model)
    kinds = made.data.kinds
    asked = (made.predictions, data.tasks, kinds, data.test.targets)
    run.write_text("evidence.json", evidence_json(*asked))
    sets = evaluate_sets(*asked, _set_metrics(plugins))
    return Delivered(members, kinds, made.metrics, evaluate_columns(*asked), made.report, sets)


@dataclass(frozen=True)
class ModelFile:
    """
    A file that was written, and what it is worth.

    :param data: The data with kinds that hold what is chosen on validation, such as thresholds.
    :param predictions: What is predicted for each task on test, ``[n_rows, n_values]``.
    :param metrics: Each task's metrics there.
    :param report: What was checked of the file.
    """

    data: MultiTaskData
    predictions: Mapping[str, NDArray[np.float64]]
    metrics: Mapping[str, Mapping[str, float]]
    report: ExportReport


def export_members(
    members: Sequence[Trial],
    run: RunFolder,
    data: MultiTaskData,
    plugins: Plugins,
    path: Path,
    opset: int = OPSET,
) -> ModelFile:
    """
    Exports the mean prediction of trainings.

    :param opset: The version of ONNX's operators.
    :raises ExportError, ExportFailed: As `export_onnx` does.
    """
    restored = _restored(members, run, data, plugins)
    ready, predictions, metrics = _tested(restored, data)
    about = provenance(members, ready, metrics, citations_of(members, ready.kinds, plugins))
    networks = [member.network for member in restored]
    report = export_onnx(networks, ready, path, about, opset)
    return ModelFile(ready, predictions, metrics, report)


def _write_down(summary: Summary, run: RunFolder) -> None:
    """Writes all files that are made at the end but the model itself."""
    for name, found in (("affinity", summary.affinity), ("posterior", summary.posterior)):
        if found is not None:
            run.write_json(f"{name}.json", found.to_json())
    if summary.against:
        front = [asdict(point) for point in summary.front]
        run.write_json("front.json", {"against": list(summary.against), "front": front})
    run.write_json("best.json", summary.to_json())
    run.write_text("MODEL_CARD.md", model_card(summary))
    write_report(run)


def _judge(entry: Entry, run: RunFolder, data: MultiTaskData, plugins: Plugins) -> list[Judged]:
    """The test metrics of each training of a candidate."""
    found = []
    for trial in entry.trials:
        ready, given, metrics = _tested(_restored([trial], run, data, plugins), data)
        wrong = errors(metrics, data.tasks, data.kinds)
        asked = (given, data.tasks, ready.kinds, data.test.targets)
        sets = evaluate_sets(*asked, _set_metrics(plugins))
        found.append(Judged(trial.seed, metrics, wrong, sets))
    return found


def _set_metrics(plugins: Plugins) -> Mapping[str, Metric]:
    """What labels that are tasks of their own are judged by together."""
    return plugins.task_kinds["multilabel"].metrics


def _tested(
    members: Sequence[Member], data: MultiTaskData
) -> tuple[MultiTaskData, dict[str, NDArray[np.float64]], dict[str, dict[str, float]]]:
    """The first three of `ModelFile`, of the mean of what networks predict."""
    ready = tuned_apart(members, data)
    predictions = mean_predictions([member.network for member in members], ready, ready.test)
    metrics = evaluate(predictions, ready.tasks, ready.kinds, ready.test.targets)
    return ready, predictions, metrics


def _helpful(
    bags: Sequence[Trial],
    run: RunFolder,
    data: MultiTaskData,
    plugins: Plugins,
    constants: Mapping[str, float],
) -> list[Trial]:
    """The bags of the winner, and of the other candidates with which their mean is better."""
    groups: dict[Candidate, list[Trial]] = {}
    for bag in bags:
        groups.setdefault(bag.candidate, []).append(bag)
    if len(groups) < 2:
        return list(bags)
    found = [apart(_restored(group, run, data, plugins), data) for group in groups.values()]
    chosen = helpful(found, data, constants)
    return [bag for number in chosen for bag in list(groups.values())[number]]


def _restored(
    trials: Sequence[Trial], run: RunFolder, data: MultiTaskData, plugins: Plugins
) -> list[Member]:
    """Trials as members of a mean, their networks to be restored when they are asked for."""
    return [
        Member(
            trial.order.bag,
            partial(_trained, trial, run, data, plugins),
            run.parts.judged(trial.order, [task.name for task in data.tasks]),
        )
        for trial in trials
    ]


def _trained(trial: Trial, run: RunFolder, data: MultiTaskData, plugins: Plugins) -> Network:
    """The network of a trial, with the weights that its training left."""
    return run.parts.restore(trial.order, trial_network(trial.order, data.for_training(), plugins))
