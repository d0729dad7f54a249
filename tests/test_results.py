import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import torch
from pytest import MonkeyPatch, mark, raises

import automtl
from automtl import Run, results
from automtl.config import bundled_config, override
from automtl.core.graph import TaskGraph
from automtl.data.bundled import PENGUINS
from automtl.errors import ConfigError, MissingLibrary, RunError
from automtl.pipeline import reopen
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.progress import Progress


def test_what_was_found_is_read_back(finished: Summary) -> None:
    run = Run.load(str(finished.folder))
    assert run.summary == finished
    assert eval(repr(run), {"Run": Run}) == run


def test_a_search_that_has_not_ended_is_no_run(finished: Summary, tmp_path: Path) -> None:
    shutil.copytree(finished.folder, tmp_path / "run")
    (tmp_path / "run" / "best.json").unlink()
    with raises(RunError, match=r"has not ended.*--resume"):
        Run.load(tmp_path / "run")
    with raises(RunError, match="not a run folder"):
        Run.load(tmp_path)


def test_trials_are_a_frame(finished: Summary) -> None:
    frame, trials = Run(finished).trials, RunFolder.open(finished.folder).trials()
    assert frame["graph"].tolist() == [str(trial.candidate.graph) for trial in trials]
    assert frame["phase"].tolist() == [trial.phase.value for trial in trials]
    errors = [trial.result.errors["body_mass_g"] for trial in trials]
    assert frame["validation/body_mass_g/rmse"].tolist() == errors


def test_the_leaderboard_is_a_frame(finished: Summary) -> None:
    frame = Run(finished).leaderboard
    assert frame["rank"].tolist() == [*range(1, len(finished.rows) + 1)]
    gains = frame[[f"gain/{task.name}" for task in finished.tasks]]
    assert np.allclose(gains.mean(axis=1), frame["mean_gain"])
    assert (frame["mean_gain/half_width"].isna() == (frame["seeds"] == 1)).all()


def test_affinity_is_a_frame_in_long_form(finished: Summary) -> None:
    found = Run(finished).posterior
    assert finished.posterior is not None
    assert len(found) == len(finished.posterior.mean) * 3 * 2
    row = found.iloc[-1]
    between = finished.posterior.between(row["stage"] - 1, row["receiver"], row["helper"])
    assert row["mean"] == between
    nothing = Run(replace(finished, affinity=None)).affinity
    assert nothing.empty
    assert [*nothing] == [*found]


def test_the_graph_is_one_of_networkx(finished: Summary) -> None:
    run = Run(finished)
    assert isinstance(run.graph, nx.DiGraph)
    assert nx.is_directed_acyclic_graph(run.graph)
    assert run.task_graph == TaskGraph.from_json(finished.graph)
    assert set(run.graph.edges) == set(run.task_graph.dag.edges)


def test_the_module_predicts_what_the_file_does(finished: Summary) -> None:
    run, data = Run(finished), reopen(finished.folder).data
    with torch.no_grad():
        ours = run.model()(torch.from_numpy(np.asarray(data.test.inputs[:])))
    rows = pd.read_csv(PENGUINS).iloc[data.test.rows]
    theirs = run.predictor.predict({i.name: rows[i.name] for i in run.predictor.schema.inputs})
    names = [output.names[-1] for output in run.predictor.schema.outputs]
    for name, values in zip(names, ours, strict=True):
        expected = theirs[name].reshape(len(rows), -1)
        assert np.allclose(values, expected, rtol=1e-4, atol=1e-4), name


def test_a_part_is_exported(finished: Summary, tmp_path: Path) -> None:
    exported = Run(finished).export(tmp_path / "sex.onnx", tasks=["sex"])
    assert exported.sizes[0] < exported.sizes[1]
    schema = automtl.Predictor(tmp_path / "sex.onnx").schema
    assert [output.task for output in schema.outputs] == ["sex"]


def test_the_report_is_written_again(finished: Summary, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    (folder / "report.html").unlink()
    file = Run.load(folder).report()
    assert file == folder.resolve() / "report.html"
    assert file.read_text().startswith("<!doctype html>")


def test_a_table_says_what_it_needs(finished: Summary, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with raises(MissingLibrary, match=r"needs pandas.*automtl\[sklearn\]"):
        Run(finished).leaderboard  # noqa: B018


@mark.parametrize("form", ["config", "file", "mapping"])
def test_a_configuration_comes_in_any_form(
    form: str, monkeypatch: MonkeyPatch, finished: Summary, tmp_path: Path
) -> None:
    asked = {}

    def pipeline(config: automtl.Config, folder: Path, progress: Progress) -> Summary:
        asked.update(config=config, folder=folder, progress=progress)
        return finished

    monkeypatch.setattr(results.pipeline, "search", pipeline)
    targets = {"species": None, "sex": None, "body_mass_g": None}
    given = {
        "config": override(bundled_config(), name="mine"),
        "file": bundled_config().document.file,
        "mapping": {"name": "mine", "data": PENGUINS, "targets": targets, "space": "tiny"},
    }[form]
    run = results.search(given, progress=False)
    assert run == Run(finished)
    assert asked["config"].targets == bundled_config().targets
    assert asked["folder"] == Path("runs") / asked["config"].name
    assert type(asked["progress"]) is Progress
    results.search(given, folder=tmp_path / "there", progress=False)
    assert asked["folder"] == tmp_path / "there"


def test_settings_keep_the_rules_of_a_file() -> None:
    with raises(ConfigError, match="settings:1:1: dta: there is no such key; did you mean 'data'"):
        results.search({"dta": "x.csv", "targets": ["y"]})


def test_a_search_goes_on_with_a_larger_budget(finished: Summary, monkeypatch: MonkeyPatch) -> None:
    def pipeline(
        folder: Path, progress: Progress, change: Callable[[automtl.Config], automtl.Config]
    ) -> Summary:
        assert (folder, change(bundled_config()).search.trials) == (finished.folder, 99)
        return finished

    monkeypatch.setattr(results.pipeline, "resume", pipeline)
    assert automtl.resume(str(finished.folder), trials=99, progress=False) == Run(finished)
