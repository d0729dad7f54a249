import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from pytest import MonkeyPatch, approx, raises

from automtl.config import Config, bundled_config, config_of, load_config
from automtl.core.affinity import Affinity
from automtl.data.bundled import PENGUINS
from automtl.data.dataset import MultiTaskData
from automtl.deploy.predict import Predictor
from automtl.errors import ConfigError, DataError, RunError, SearchFailed, SpaceError
from automtl.pipeline import check, resume, search, write_starter
from automtl.report.summary import Summary
from automtl.run import RunFolder
from automtl.search.director import Director
from automtl.search.here import run_trials_here
from automtl.search.progress import Progress
from automtl.search.tune import Job


def test_a_run_folder_is_complete(finished: Summary) -> None:
    names = {file.name for file in finished.folder.iterdir()}
    assert names == {
        "config.yaml", "data.json", "trials.jsonl", "models", "curves", "affinity.json",
        "posterior.json", "evidence.json",
        "best.json", "best.onnx", "MODEL_CARD.md", "report.html",
    }  # fmt: skip
    trials = RunFolder.open(finished.folder).trials()
    assert len(trials) == finished.trials == 12
    for part in (part for trial in trials for part in trial.order.parts):
        assert (finished.folder / "models" / f"{part.key}.safetensors").is_file()


def test_the_configuration_of_a_run_reads_back(finished: Summary) -> None:
    assert load_config(finished.folder / "config.yaml").space == bundled_config().space


def test_affinity_is_the_best_all_shared_anchors(finished: Summary) -> None:
    written = Affinity.from_json(json.loads((finished.folder / "affinity.json").read_text()))
    assert written == finished.affinity
    assert written.tasks == ("body_mass_g", "sex", "species")


def test_the_model_scores_on_test_what_the_summary_says(
    finished: Summary, penguins: MultiTaskData
) -> None:
    session = onnxruntime.InferenceSession(finished.folder / "best.onnx")
    rows = penguins.test.rows
    given = {
        name: column.values[rows].reshape(-1, 1)
        for name, column in penguins.table.items()
        if name in {one.name for one in session.get_inputs()}
    }
    (mass,) = session.run(["body_mass_g"], given)
    kind, targets = penguins.kinds[2], penguins.test.targets[:, 2].astype(float)
    wrong = mass - kind.decode(targets)
    task = next(task for task in finished.tasks if task.name == "body_mass_g")
    assert np.sqrt(np.nanmean(np.square(wrong))) == approx(task.test["rmse"], rel=1e-4)


def test_the_metadata_name_the_candidate(finished: Summary) -> None:
    session = onnxruntime.InferenceSession(finished.folder / "best.onnx")
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["automtl.candidate"] == finished.winner.digest
    assert metadata["automtl.data"] == finished.data_digest
    assert metadata["automtl.seed"] == str(finished.seed)


def test_a_search_does_not_go_on_with_other_data(finished: Summary, tmp_path: Path) -> None:
    text = (finished.folder / "config.yaml").read_text()
    (tmp_path / "data.csv").write_text(PENGUINS.read_text().replace("39.1", "39.2"))
    run = RunFolder.create(
        tmp_path / "run",
        text.replace(str(PENGUINS), str(tmp_path / "data.csv")),
        {"digest": finished.data_digest},
    )
    with raises(RunError, match="the data are not what this search began with"):
        resume(run.path, Progress())


def test_a_search_that_goes_on_with_more_time_gives_a_training_no_more(
    tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    given = []

    def listening(director: Director, job: Job, *rest: Any) -> bool:
        given.append(job.seconds)
        return run_trials_here(director, job, *rest)

    monkeypatch.setattr("automtl.pipeline.run_trials_here", listening)
    short = {"workers": 0, "trials": 2, "minutes": 4.0}
    config = bundled_config()
    settings = config.search.model_copy(update=short)
    search(replace(config, search=settings), tmp_path / "run", Progress())
    resume(tmp_path / "run", Progress(), change=changed(minutes=40.0, trials=3))
    assert given == [12.0, 12.0]


def test_names_that_cannot_be_exported_are_refused_at_once(tmp_path: Path) -> None:
    table = PENGUINS.read_text().replace("island", "species_probability", 1)
    (tmp_path / "data.csv").write_text(table)
    (tmp_path / "config.yaml").write_text("data: data.csv\ntargets: [species]")
    with raises(DataError, match="species_probability"):
        search(load_config(tmp_path / "config.yaml"), tmp_path / "run", Progress())
    assert not (tmp_path / "run").exists()


def test_a_space_too_large_for_its_searcher_is_refused_at_once(
    tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr("automtl_plugins.searchers.exhaustive.LIMIT", 10)
    config = bundled_config()
    settings = config.search.model_copy(update={"searcher": "exhaustive"})
    with raises(SpaceError, match="at most 10, but 3 tasks over 2 stages make 12"):
        search(replace(config, search=settings), tmp_path / "run", Progress())
    assert not (tmp_path / "run").exists()


def test_a_starter_does_not_overwrite(tmp_path: Path) -> None:
    out = tmp_path / "automtl.yaml"
    write_starter(PENGUINS, ["sex"], out)
    assert load_config(out).data == PENGUINS
    with raises(RunError, match=r"automtl\.yaml: cannot be written: File exists"):
        write_starter(PENGUINS, ["sex"], out)


def test_a_limit_that_nothing_keeps_is_a_failed_search(finished: Summary, tmp_path: Path) -> None:
    copy = copied(finished, tmp_path)
    with raises(SearchFailed, match=r"`max_parameters` is 1 and the best value found \d"):
        resume(copy, Progress(), change=changed(max_parameters=1))


def test_an_ensemble_and_a_front_from_the_same_trials(
    finished: Summary, penguins: MultiTaskData, tmp_path: Path
) -> None:
    change = changed(ensemble=3, objective=["parameters", "flops"])
    summary = resume(copied(finished, tmp_path), Progress(), change=change)
    assert len(summary.members) > 1
    assert summary.members[0].digest == summary.winner.digest
    front = json.loads((summary.folder / "front.json").read_text())
    assert front["against"] == ["parameters", "flops"]
    assert summary.winner.digest in [point["digest"] for point in front["front"]]
    found = Predictor(summary.folder / "best.onnx").predict(
        {name: column.values[penguins.test.rows] for name, column in penguins.table.items()}
    )
    kind, targets = penguins.kinds[2], penguins.test.targets[:, 2].astype(float)
    wrong = found["body_mass_g"] - kind.decode(targets)
    task = next(task for task in summary.tasks if task.name == "body_mass_g")
    assert np.sqrt(np.nanmean(np.square(wrong))) == approx(task.test["rmse"], rel=1e-4)
    assert task.winner_test == next(t.winner_test for t in finished.tasks if t.name == task.name)


def copied(finished: Summary, tmp_path: Path) -> Path:
    """The run folder, to be gone on with in another way."""
    return Path(shutil.copytree(finished.folder, tmp_path / "copy"))


def changed(**settings: Any) -> Callable[[Config], Config]:
    """Changes settings of the search."""
    return lambda config: replace(config, search=config.search.model_copy(update=settings))


def test_what_the_data_lack_is_told_where_the_configuration_names_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"data: {PENGUINS}\ntargets: [sex, spieces]\n")
    with raises(
        ConfigError, match=f"^{file}:2:16: targets.spieces: {PENGUINS}: there is no column"
    ):
        check(load_config(file))
    with raises(DataError, match=f"^{PENGUINS}: there is no column 'spieces'"):
        check(config_of({"data": PENGUINS, "targets": ["sex", "spieces"]}))
