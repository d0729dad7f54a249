from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch, TempPathFactory, approx, fixture, importorskip, mark

from automtl.testing import assert_callback_contract
from automtl_plugins.callbacks.mlflow import N_LOSSES, MLflow, _key, _losses

# MLflow's own use of SQLAlchemy; told by its text since the class would have to be imported here.
pytestmark = mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning")


@fixture(scope="module")
def store(tmp_path_factory: TempPathFactory) -> str:
    """The URI of an empty tracking store: making one takes seconds, and the tests share it."""
    importorskip("mlflow")
    importorskip("sqlalchemy")
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@fixture(autouse=True)
def apart(monkeypatch: MonkeyPatch, tmp_path: Path) -> None:
    """Artefacts go below the working directory; nothing is sent to anyone."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)


def _runs(store: str, experiment: str) -> tuple[Any, dict[str, Any], Any]:
    """The run of the search, those of its trials by name, and a client."""
    client = importorskip("mlflow").MlflowClient(store)
    number = client.get_experiment_by_name(experiment).experiment_id
    runs = client.search_runs([number])
    (search,) = [run for run in runs if "automtl.search" in run.data.tags]
    trials = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == search.info.run_id]
    assert len(runs) == 1 + len(trials)
    assert len(trials) == len({run.info.run_name for run in trials})
    return search, {run.info.run_name[:4]: run for run in trials}, client


def test_contract(store: str, tmp_path: Path) -> None:
    assert_callback_contract(partial(MLflow, uri=store, experiment="contract"), tmp_path)


def test_what_mlflow_reads(store: str, tell: Callable[..., Any]) -> None:
    tell(MLflow(store, "read"))
    search, trials, client = _runs(store, "read")
    status = {name: run.info.status for name, run in trials.items()}
    expected = {"0001": "FINISHED", "0002": "FAILED", "0003": "KILLED", "0004": "FINISHED"}
    assert status == expected
    assert trials["0001"].data.params["width"] == "8"
    assert trials["0001"].data.metrics["mean_gain"] == approx(0.2)
    assert trials["0002"].data.tags["automtl.reason"] == "no luck"
    curve = client.get_metric_history(trials["0001"].info.run_id, "loss/age/validation")
    assert [(one.step, one.value) for one in curve] == [(0, 0.8), (1, 0.6), (2, 0.7)]
    assert (search.info.status, search.data.metrics["test/age/rmse"]) == ("FINISHED", 0.5)
    files = {file.path for file in client.list_artifacts(search.info.run_id)}
    assert files >= {"best.onnx", "report.html"}


def test_nothing_is_written_twice(store: str, tell: Callable[..., Any]) -> None:
    callback = MLflow(store, "twice")
    tell(callback, n=2)
    callback._new("0003-abc", {"mlflow.parentRunId": callback._run})  # cut off by a kill
    tell(MLflow(store, "twice"))
    tell(MLflow(store, "twice"))
    search, trials, client = _runs(store, "twice")
    assert sorted(trials) == ["0001", "0002", "0003", "0004"]
    for run, name in ((search, "test/age/rmse"), (trials["0001"], "seconds")):
        assert len(client.get_metric_history(run.info.run_id, name)) == 1


def test_long_curves_are_thinned() -> None:
    from automtl.core.callback import Ended, LossCurve

    curve = LossCurve((0.5,) * 700, (0.4,) * 700)
    ended = Ended(1, None, {}, {"a": curve, "b": curve})  # type: ignore[arg-type]
    found = _losses(ended)
    assert N_LOSSES / 2 < len(found) <= N_LOSSES
    assert {name for name, _, _ in found} == {
        "loss/a/train", "loss/a/validation", "loss/b/train", "loss/b/validation"
    }  # fmt: skip


@mark.parametrize("name", ["", "a//b", "../x", "ü%", "a" * 300, ".", "ok/rmse"])
def test_any_name_is_one_that_mlflow_takes(name: str) -> None:
    importorskip("mlflow").utils.validation._validate_metric_name(_key(f"test/{name}"))
    assert name != "ok/rmse" or _key(f"test/{name}") == "test/ok/rmse"
