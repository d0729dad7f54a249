import json
from collections.abc import Callable
from dataclasses import replace

from pytest import approx, raises

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Phase, Trial
from automtl.errors import RunError
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.standing import Standing
from automtl.tracking.ended import ended_trial, ended_trials

CONSTANTS = {"a": 1.0, "b": 1.0}
SINGLE = TaskGraph.single_task(CONSTANTS, 1)
SHARED = TaskGraph.all_shared(CONSTANTS, 1)


def test_the_gains_are_those_of_the_leaderboard(copied: RunFolder, finished: Summary) -> None:
    trials = ended_trials(copied)
    assert [ended.trial for ended in trials] == copied.trials()
    assert [ended.number for ended in trials] == list(range(1, 13))
    for row in finished.rows:
        means = [e.metrics["mean_gain"] for e in trials if e.trial.candidate.digest == row.digest]
        assert sum(means) / len(means) == approx(row.mean.mean)


def test_the_curves_are_those_of_the_parts(copied: RunFolder) -> None:
    for ended in ended_trials(copied):
        assert set(ended.curves) == set(ended.trial.candidate.graph.tasks)
        epochs = {len(curve.train) for curve in ended.curves.values()}
        assert {len(curve.validation) for curve in ended.curves.values()} == epochs
        assert max(epochs) <= ended.settings["epochs"]


def test_a_folder_without_curves_or_with_broken_ones(copied: RunFolder) -> None:
    for file in (copied.path / "curves").iterdir():
        file.write_text("{")
    assert not any(ended.curves for ended in ended_trials(copied))


def test_what_cannot_be_compared_has_no_gain(
    copied: RunFolder, candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    single = ended(candidate(SINGLE), {"a": 0.5, "b": 0.5}, phase=Phase.ANCHORS)
    shared = ended(candidate(SHARED), {"a": 0.4, "b": 0.5})
    short = replace(shared, order=replace(shared.order, fidelity=0.3))
    bag = replace(shared, order=replace(shared.order, phase=Phase.BAGS, bag=(0, 2)))
    failed = ended(candidate(SHARED), {}, reason="no luck")
    none, standing = Standing([], CONSTANTS), Standing([single], CONSTANTS)
    assert ended_trial(2, shared, standing, copied).gains == approx({"a": 0.2, "b": 0.0})
    assert not ended_trial(1, single, none, copied).gains
    assert not any(ended_trial(3, one, standing, copied).gains for one in (short, bag, failed))


def test_an_old_folder_says_why_it_has_no_gains(copied: RunFolder) -> None:
    about = json.loads((copied.path / "data.json").read_text())
    del about["constants"]
    copied.write_json("data.json", about)
    with raises(RunError, match="how gains are computed"):
        ended_trials(copied)
