"""The end of a search whose trainings are done; the file itself is what tests/deploy is about."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytest import MonkeyPatch, TempPathFactory, approx, fixture, mark, raises

from automtl.conclusion import (
    _check_winner,
    _helpful,
    _judge,
    conclude,
    export_members,
)
from automtl.config import bundled_config
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.space import SearchSpace
from automtl.core.trial import Order, Phase, Trial
from automtl.data.dataset import MultiTaskData
from automtl.data.findings.describe import data_report
from automtl.deploy.export import ExportReport
from automtl.errors import ExportFailed, SearchFailed
from automtl.model.inputs import as_inputs
from automtl.plugins import Plugins
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.budget import Budget
from automtl.search.director import Director
from automtl.search.plan import Plan
from automtl.search.standing import Standing
from automtl.train.evaluate import constant_errors, errors, evaluate, predict
from automtl.train.trial import run_trial, trial_network

Make = Callable[..., Candidate]
End = Callable[..., Trial]

CPU = torch.device("cpu")
SINGLE, SHARED = TaskGraph.single_task("ab", 1), TaskGraph.all_shared("ab", 1)
CONSTANTS = {"a": 1.0, "b": 1.0}


@dataclass(frozen=True)
class Ended:
    """A search of which all trainings are done."""

    run: RunFolder
    data: MultiTaskData
    plugins: Plugins
    space: SearchSpace
    trials: Sequence[Trial]

    def director(self, objective: Objective = Objective(), bags: int = 0) -> Director:  # noqa: B008
        """Knows all of it."""
        data = self.data
        director = Director(
            Plan(
                self.space,
                constant_errors(data.tasks, data.kinds, data.validation.targets),
                self.plugins.searchers["evolution"],
                Budget(len(self.trials), None, 2, bags),
                0,
                self.run.parts.affinity,
                objective=objective,
            )
        )
        for trial in self.trials:
            director.tell(trial)
        return director

    def conclude(self, members: int = 1, bags: int = 0, **objective: Any) -> Summary:
        director = self.director(Objective(**objective), bags)
        return conclude(self.run, self.data, self.plugins, director, members)

    def predictions(self, trial: Trial) -> dict[str, Any]:
        """What a training's own network predicts on test."""
        data = self.data
        network = trial_network(trial.order, data.for_training(), self.plugins)
        self.run.parts.restore(trial.order, network)
        return predict(network, data.tasks, data.kinds, as_inputs(data.test.inputs, CPU))

    def metrics(self, predictions: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        data = self.data
        return evaluate(predictions, data.tasks, data.kinds, data.test.targets)


@fixture(scope="module")
def ended_search(
    penguins: MultiTaskData,
    plugins: Plugins,
    space: SearchSpace,
    candidate: Make,
    tmp_path_factory: TempPathFactory,
) -> Ended:
    """Both anchors with two seeds each, hardly trained."""
    about = {
        "digest": penguins.digest,
        "notes": [],
        "report": data_report(penguins),
        "constants": constant_errors(penguins.tasks, penguins.kinds, penguins.validation.targets),
    }
    folder = tmp_path_factory.mktemp("ended") / "run"
    run = RunFolder.create(folder, bundled_config().dump(), about)
    names = [task.name for task in penguins.tasks]
    for graph in (TaskGraph.single_task(names, 2), TaskGraph.all_shared(names, 2)):
        for seed, phase in enumerate((Phase.ANCHORS, Phase.FINALISTS)):
            order = Order(candidate(graph, epochs=3), seed, phase)
            told = run_trial(
                order, penguins.for_training(), plugins, CPU, math.inf, store=run.parts
            )
            run.append(Trial(order, told.result, 1.0 + seed))
    return Ended(run, penguins, plugins, space, run.trials())


@fixture
def exported(monkeypatch: MonkeyPatch) -> list[Sequence[Any]]:
    """What is asked of the exporter, which writes nothing."""
    asked: list[Sequence[Any]] = []

    def export(*arguments: Any) -> ExportReport:
        asked.append(arguments)
        return ExportReport({task.name: 0.0 for task in arguments[1].tasks}, 7, 1234)

    monkeypatch.setattr("automtl.conclusion.export_onnx", export)
    return asked


def test_without_an_anchor_the_reasons_are_told_most_frequent_first(
    candidate: Make, ended: End
) -> None:
    reasons = ["rare", *["often"] * 3, *["twice"] * 2]
    trials = [ended(candidate(SINGLE), {}, seed, reason=why) for seed, why in enumerate(reasons)]
    with raises(SearchFailed, match=r"\(6 trials: 3 × often; 2 × twice; 1 × rare\)\.$"):
        _check_winner(Standing(trials, CONSTANTS), trials)
    with raises(SearchFailed, match=r"^No single-task anchor .* \(0 trials: none was begun\)\.$"):
        _check_winner(Standing([], CONSTANTS), [])


def test_of_many_reasons_five_are_told(candidate: Make, ended: End) -> None:
    reasons = [f"reason {n}" for n in range(9) for _ in range(9 - n)]
    trials = [ended(candidate(SINGLE), {}, seed, reason=why) for seed, why in enumerate(reasons)]
    with raises(SearchFailed, match=r"\(45 trials: 9 × reason 0; .*; 5 × reason 4\)\.$"):
        _check_winner(Standing(trials, CONSTANTS), trials)


def test_limits_that_nothing_keeps_are_told_with_the_nearest_miss(
    candidate: Make, ended: End
) -> None:
    trials = [
        ended(candidate(SINGLE), {"a": 0.5, "b": 0.5}, phase=Phase.ANCHORS),
        ended(candidate(SHARED), {"a": 0.6, "b": 0.4}),
    ]
    trials = [
        replace(trial, result=replace(trial.result, parameters=size, latency_ms=0.5))
        for trial, size in zip(trials, (2000, 1000), strict=True)
    ]
    _check_winner(Standing(trials, CONSTANTS, Objective(max_parameters=1000)), trials)
    with raises(SearchFailed, match="`max_parameters` is 999 and the best value found 1,000"):
        _check_winner(Standing(trials, CONSTANTS, Objective(max_parameters=999)), trials)


def test_a_member_predicts_as_its_network_and_several_their_mean(
    ended_search: Ended, exported: list[Sequence[Any]], tmp_path: Path
) -> None:
    first, *_, last = ended_search.trials
    alone = [ended_search.predictions(trial) for trial in (first, last)]
    asked = ended_search.run, ended_search.data, ended_search.plugins
    for members, expected in (
        ([first], alone[0]),
        ([first, last], {task: (alone[0][task] + alone[1][task]) / 2 for task in alone[0]}),
    ):
        made = export_members(members, *asked, tmp_path / "x.onnx", opset=19)
        for task, values in expected.items():
            np.testing.assert_allclose(made.predictions[task], values, rtol=1e-9)
        assert made.metrics == ended_search.metrics(made.predictions)
        networks, data, path, about, opset = exported[-1]
        assert len(networks) == len(members)
        assert (data, path, opset) == (made.data, tmp_path / "x.onnx", 19)
        assert about["automtl.candidate"] == first.candidate.digest
        assert made.report.size == 1234


def test_each_seed_is_judged_by_its_own_network(ended_search: Ended) -> None:
    data = ended_search.data
    entry = ended_search.director().standing.ranking[0]
    found = _judge(entry, ended_search.run, data, ended_search.plugins)
    assert [judged.seed for judged in found] == [trial.seed for trial in entry.trials]
    for judged, trial in zip(found, entry.trials, strict=True):
        metrics = ended_search.metrics(ended_search.predictions(trial))
        assert judged.metrics == metrics
        assert judged.errors == errors(metrics, data.tasks, data.kinds)
    assert found[0].errors != found[1].errors


@mark.parametrize("members", [1, 2])
def test_what_won_is_delivered_and_compared_with_the_anchor(
    ended_search: Ended, exported: list[Sequence[Any]], members: int
) -> None:
    summary = ended_search.conclude(members)
    standing = ended_search.director().standing
    winner = standing.ranking[0]
    best = sorted(winner.trials, key=standing.relative)[:members]
    assert [member.key for member in summary.members] == [trial.order.key for trial in best]
    assert summary.winner.digest == winner.candidate.digest
    assert len(exported) == 1
    assert exported[0][2] == ended_search.run.model
    singles = [trial for trial in ended_search.trials if len(trial.candidate.parts) > 1]
    each = [ended_search.metrics(ended_search.predictions(trial)) for trial in singles]
    for task in summary.tasks:
        expected = np.mean([metrics[task.name][task.metric] for metrics in each])
        assert task.anchor_test[task.metric] == approx(expected)
    if members == 1:
        own = ended_search.metrics(ended_search.predictions(best[0]))
        assert all(task.test == own[task.name] for task in summary.tasks)


def test_everything_is_written_down(ended_search: Ended, exported: list[Sequence[Any]]) -> None:
    summary = ended_search.conclude()
    folder = ended_search.run.path
    best = json.loads((folder / "best.json").read_text())
    assert Summary.from_json(best) == replace(summary, affinity=None, posterior=None)
    evidence = json.loads((folder / "evidence.json").read_text())
    assert set(evidence["tasks"]) == {task.name for task in summary.tasks}
    assert summary.winner.digest in (folder / "MODEL_CARD.md").read_text()
    assert "</html>" in (folder / "report.html").read_text()
    for name, found in (("affinity", summary.affinity), ("posterior", summary.posterior)):
        assert (folder / f"{name}.json").exists() == (found is not None)


def test_a_front_is_written_down_where_gain_is_traded(
    ended_search: Ended, exported: list[Sequence[Any]]
) -> None:
    file = ended_search.run.path / "front.json"
    ended_search.conclude()
    assert not file.exists()
    summary = ended_search.conclude(against=("parameters",))
    written = json.loads(file.read_text())
    file.unlink()
    assert written["against"] == ["parameters"]
    assert [point["digest"] for point in written["front"]] == [p.digest for p in summary.front]
    assert summary.front[0].digest == summary.winner.digest


def test_bags_that_were_not_trained_are_told(
    ended_search: Ended, exported: list[Sequence[Any]]
) -> None:
    assert ended_search.conclude().lacking_bags == 0
    assert ended_search.conclude(bags=3).lacking_bags == 3


def test_where_the_file_disagrees_nothing_is_said_to_be_best(
    ended_search: Ended, monkeypatch: MonkeyPatch
) -> None:
    def disagree(*_: Any) -> ExportReport:
        raise ExportFailed("no")

    monkeypatch.setattr("automtl.conclusion.export_onnx", disagree)
    best = ended_search.run.path / "best.json"
    best.unlink(missing_ok=True)
    with raises(ExportFailed):
        ended_search.conclude()
    assert not best.exists()


def test_bags_of_one_candidate_are_all_helpful(ended_search: Ended) -> None:
    bags = [
        replace(trial, order=replace(trial.order, phase=Phase.BAGS, bag=(fold, 2)))
        for fold, trial in enumerate(ended_search.trials[:2])
    ]
    asked = ended_search.run, ended_search.data, ended_search.plugins, {}
    assert _helpful(bags, *asked) == bags  # although their networks are not there
    assert _helpful([], *asked) == []
