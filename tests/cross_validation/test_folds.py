import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pytest import MonkeyPatch, approx, fixture, mark, raises

from automtl import pipeline
from automtl.config import Config, bundled_config, load_config, override
from automtl.core.trial import Trial
from automtl.cross_validation import FoldResult, FoldsFolder, folds
from automtl.data.bundled import PENGUINS
from automtl.errors import ConfigError, DataError, RunError
from automtl.run import RunFolder
from automtl.search.budget import Budget
from automtl.search.progress import Progress
from automtl.search.standing import Standing

SPACE = """
  stages: 1
  primitives: [hard]
  blocks: {mlp: {width: [8, 16]}}
  balancers: [sum]
  schedules: [constant]
  training: {epochs: 2, patience: 2}
"""


class Heard(Progress):
    """Keeps what is said, and interrupts when a trial of the ``at``-th fold ends."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.said = at, list[str]()

    def say(self, line: str) -> None:
        self.said.append(line)

    def ended(self, trial: Trial, budget: Budget, standing: Standing, n_trials: int) -> None:
        if sum(line.startswith("Fold") for line in self.said) == self.at and n_trials == 3:
            raise KeyboardInterrupt


class Pipeline:
    """Stands for the searches: folds end at once, but for those that are interrupted."""

    def __init__(self, fold: Callable[..., FoldResult]) -> None:
        self.make, self.calls, self.interrupted = fold, list[str](), set[int]()
        self.digest = "d"

    def check(self, config: Config, address: Any, fold: tuple[int, int]) -> tuple[None, Any]:
        return None, SimpleNamespace(digest=f"{self.digest}{fold[0]}")

    def search(self, config: Config, path: Path, progress: Progress, **more: Any) -> FoldResult:
        path.mkdir()
        return self._end("search", config, **more)

    def resume(self, path: Path, progress: Progress, change: Any, **more: Any) -> FoldResult:
        return self._end("resume", change(None), **more)

    def _end(self, word: str, config: Config, fold: tuple[int, int], **more: Any) -> FoldResult:
        self.calls.append(f"{word} {fold[0] + 1} of {fold[1]}, {config.search.trials} trials")
        if fold[0] in self.interrupted:
            raise KeyboardInterrupt
        return self.make(fold[0] + 1)


@fixture
def stand_in(monkeypatch: MonkeyPatch, fold: Callable[..., FoldResult]) -> Pipeline:
    made = Pipeline(fold)
    for name in ("check", "search", "resume"):
        monkeypatch.setattr(pipeline, name, getattr(made, name))
    result = staticmethod(lambda number, settings, found: replace(found, settings=settings))
    monkeypatch.setattr(FoldResult, "of", result)
    return made


def _config(trials: int = 6) -> Config:
    return override(bundled_config(), trials=trials)


def _given(trials: int) -> Callable[[Config], Config]:
    return lambda config: override(config, trials=trials)


def test_folds_come_one_after_another(stand_in: Pipeline, tmp_path: Path) -> None:
    found = folds.search(_config(), 3, tmp_path / "cv", Progress())
    assert stand_in.calls == [f"search {number} of 3, 6 trials" for number in (1, 2, 3)]
    assert [result.number for result in found.results] == [1, 2, 3]
    assert found.folder == tmp_path / "cv"
    assert found.mean_gain.mean == approx(0.1)


def test_after_an_interrupt_it_goes_on_where_it_was(stand_in: Pipeline, tmp_path: Path) -> None:
    stand_in.interrupted, heard = {1}, Heard()
    with raises(KeyboardInterrupt):
        folds.search(_config(), 3, tmp_path / "cv", heard)
    assert heard.said[-1] == f"Interrupted. Go on with: automtl search --resume {tmp_path / 'cv'}"
    stand_in.interrupted, stand_in.calls = set(), []
    found = folds.resume(tmp_path / "cv", Progress())
    assert stand_in.calls == ["resume 2 of 3, 6 trials", "search 3 of 3, 6 trials"]
    assert len(found.results) == 3
    stand_in.calls = []
    assert folds.resume(tmp_path / "cv", Progress()) == found
    assert stand_in.calls == []


def test_with_a_larger_budget_all_folds_go_on(stand_in: Pipeline, tmp_path: Path) -> None:
    folds.search(_config(), 2, tmp_path / "cv", Progress())
    stand_in.calls = []
    folds.resume(tmp_path / "cv", Progress(), change=_given(9))
    assert stand_in.calls == ["resume 1 of 2, 9 trials", "resume 2 of 2, 9 trials"]
    stand_in.calls = []
    more = lambda config: override(config, trials=9, workers=7)  # noqa: E731
    folds.resume(tmp_path / "cv", Progress(), change=more)
    assert stand_in.calls == [], "How many workers there are is no reason to search again."


def test_it_does_not_go_on_with_other_data_or_another_seed(
    stand_in: Pipeline, tmp_path: Path
) -> None:
    stand_in.interrupted = {0}
    with raises(KeyboardInterrupt):
        folds.search(_config(), 2, tmp_path / "cv", Progress())
    with raises(RunError, match="has the seed 0, which cannot change"):
        folds.resume(tmp_path / "cv", Progress(), change=lambda config: override(config, seed=1))
    stand_in.digest = "e"
    with raises(RunError, match=r"penguins\.csv has changed since"):
        folds.resume(tmp_path / "cv", Progress())


@mark.parametrize(
    ("text", "k", "message"),
    [
        ("", 1, "--folds: must be 2 or more, but is 1"),
        ("", -3, "--folds: must be 2 or more, but is -3"),
        ("split: {column: year}", 2, r"folds divide the rows, but `split\.column` divides them"),
        ("", 200, "200 folds need at least 600 rows, but there are 344"),
        ("split: {groups: island}", 3, "3 folds need at least 4 groups, but there are 3"),
        ("split: {time: year}", 2, "2 folds need at least 4 moments, but there are 3"),
    ],
)
def test_what_cannot_be_divided_is_refused_before_anything_is_written(
    text: str, k: int, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"data: {PENGUINS}\ntargets: [species, sex]\n{text}")
    with raises((ConfigError, DataError), match=message):
        folds.search(load_config(file), k, tmp_path / "cv", Progress())
    assert not (tmp_path / "cv").exists()


def test_files_that_are_parts_leave_nothing_to_divide(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    (tmp_path / "test.csv").write_bytes(PENGUINS.read_bytes())
    file.write_text(f"data: {{train: {PENGUINS}, test: test.csv}}\ntargets: [species]")
    with raises(ConfigError, match="folds divide the rows, but `data` divides them"):
        folds.search(load_config(file), 2, tmp_path / "cv", Progress())


def test_two_folds_of_penguins_one_of_which_is_interrupted(tmp_path: Path) -> None:
    file, path = tmp_path / "c.yaml", tmp_path / "cv"
    file.write_text(
        f"data: {PENGUINS}\ntargets: [species, body_mass_g]\nspace: {SPACE}\n"
        "search: {trials: 4, seeds: 1, workers: 1}"
    )
    with raises(KeyboardInterrupt):
        folds.search(load_config(file), 2, path, Heard(at=2))
    first = RunFolder.open(path / "fold-1")
    before = {one.name: one.stat().st_mtime_ns for one in first.path.iterdir()}
    assert len(RunFolder.open(path / "fold-2").trials()) == 3
    assert not (path / "fold-2" / "best.onnx").exists()
    with raises(RunError, match=rf"is a fold of a cross-validation.*--resume {path}"):
        pipeline.resume(first.path, Progress())
    found = folds.resume(path, Progress())
    assert before == {one.name: one.stat().st_mtime_ns for one in first.path.iterdir()}
    tested = [set(_test_rows(path, number)) for number in (1, 2)]
    assert not tested[0] & tested[1]
    assert len(tested[0] | tested[1]) == 344
    for number, result in enumerate(found.results, start=1):
        best = json.loads((path / f"fold-{number}" / "best.json").read_text())
        assert result.metrics == {task["name"]: task["test"] for task in best["tasks"]}
        assert (path / f"fold-{number}" / "report.html").is_file()
    assert FoldsFolder.open(path).results() == list(found.results)


def _test_rows(path: Path, number: int) -> list[int]:
    run = RunFolder.open(path / f"fold-{number}")
    data = pipeline.check(load_config(run.config), None, run.about.fold())[1]
    assert data.digest == run.about.digest()
    return [int(row) for row in data.test.rows]
