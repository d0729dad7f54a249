from math import inf, nan
from pathlib import Path
from typing import Any

from pytest import approx

from automtl.core.callback import Begun, Ended, metrics_on_test
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial

GRAPH = TaskGraph.from_groups([[["age", "job"], ["sex"]]])


def _ended(alone: dict[str, Any] | None = None, **result: Any) -> Ended:
    candidate = Candidate(GRAPH, {"block": "mlp", "epochs": 9}, alone or {})
    trial = Trial(Order(candidate, 3, Phase.GRAPHS), Result(Status.DONE, **result), 5.0)
    return Ended(12, trial, {"age": 0.1, "job": 0.2, "sex": 0.0})


def test_the_name_tells_the_trials_of_a_search_apart_and_sorts_them() -> None:
    ended = _ended()
    assert ended.name == f"0012-{ended.trial.order.key}"
    assert Begun(Path(), "a", "b", {}) == Begun(Path(), "a", "b", {})


def test_settings_are_flat_and_have_those_of_tasks_alone() -> None:
    settings = _ended({"sex": {"block": "tabm"}}).settings
    assert settings["graph"] == str(GRAPH)
    assert (settings["seed"], settings["phase"], settings["epochs"]) == (3, "graphs", 9)
    assert settings["alone.sex.block"] == "tabm"
    assert all(isinstance(value, str | int | float | bool) for value in settings.values())


def test_metrics_leave_out_what_is_not_defined() -> None:
    metrics = _ended(
        metrics={"age": {"rmse": 2.0, "r2": nan}, "job": {"auc": inf}}, epochs=7
    ).metrics
    assert metrics["validation/age/rmse"] == 2.0
    assert not {"validation/age/r2", "validation/job/auc"} & metrics.keys()
    assert metrics["gain/job"] == 0.2
    assert metrics["mean_gain"] == approx(0.1)
    assert (metrics["epochs_trained"], metrics["elapsed"]) == (7, 5)


def test_no_setting_is_called_like_a_metric() -> None:
    assert not _ended().settings.keys() & _ended().metrics.keys()


def test_without_gains_there_is_no_mean() -> None:
    assert "mean_gain" not in Ended(1, _ended().trial).metrics


def test_metrics_on_test() -> None:
    tasks = [
        {"name": "age", "test": {"rmse": 2.0, "r2": None}, "test_gain": {"mean": 0.1}},
        {"name": "job", "test": {"auc": 0.9}, "test_gain": {"mean": None}},
    ]
    expected = {"test/age/rmse": 2.0, "test/job/auc": 0.9, "test_gain/age": 0.1}
    assert metrics_on_test({"tasks": tasks}) == expected
