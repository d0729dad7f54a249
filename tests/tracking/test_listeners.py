from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch, fixture, mark, raises

from automtl.config import Config, bundled_config, load_config, override
from automtl.core.callback import Begun, Callback, Ended
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.errors import MissingLibrary, PluginError
from automtl.pipeline import resume, search
from automtl.plugins import Plugins
from automtl.run import RunFolder
from automtl.search.progress import Progress
from automtl.search.standing import Standing
from automtl.tracking.listeners import Listeners, make_callbacks

PLUGIN = """
import json
from pathlib import Path
from automtl.core.callback import Callback
from automtl.hookspecs import hookimpl

class Diary(Callback):
    name, citation = "diary", "https://example.org"

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    def begin(self, search):
        self.file = search.folder / "diary.jsonl"
        self.note("begin", search.id)

    def trial_end(self, ended):
        if self.fails:
            raise LookupError("the server is down")
        self.note("trial", ended.name)

    def search_end(self, summary):
        self.note("end", summary["trials"])

    def note(self, *what):
        with self.file.open("a") as file:
            file.write(json.dumps(what) + "\\n")

@hookimpl
def automtl_callbacks():
    return [Diary]
"""

SPACE = """
space:
  stages: 1
  primitives: [hard]
  blocks: {mlp: {width: 8}}
  balancers: [sum]
  schedules: [constant]
  training: {epochs: 2, patience: 2}
"""


class Said(Progress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


class Heard(Callback):
    name, citation = "heard", "https://example.org"

    def __init__(self, fails_at: int = 0) -> None:
        self.fails_at, self.numbers, self.ends = fails_at, list[int](), 0

    def begin(self, search: Begun, /) -> None:
        self.search = search

    def trial_end(self, ended: Ended, /) -> None:
        if ended.number == self.fails_at:
            raise LookupError("no callback today")
        self.numbers.append(ended.number)

    def search_end(self, summary: Mapping[str, Any], /) -> None:
        self.ends += 1


@fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", "", {})


@fixture
def trial(candidate: Callable[..., Candidate], ended: Callable[..., Trial]) -> Trial:
    return ended(candidate(TaskGraph.all_shared(["a"], 1)), {"a": 1.0})


def _with(callbacks: Any) -> Config:
    config = override(bundled_config(), trials=4)
    return replace(config, search=config.search.model_copy(update={"callbacks": callbacks}))


def test_whoever_fails_is_left_out_and_the_others_are_told(run: RunFolder, trial: Trial) -> None:
    fine, failing, said = Heard(), Heard(fails_at=2), Said()
    listeners, standing = Listeners([failing, fine], run, said), Standing([], {"a": 1.0})
    listeners.begin(bundled_config(), [trial], standing)
    for _ in range(3):
        listeners.trial_end(trial, standing)
    listeners.search_end({})
    assert (fine.numbers, fine.ends) == ([1, 2, 3, 4], 1)
    assert (failing.numbers, failing.ends) == ([1], 0)
    (line,) = said.lines
    assert "'heard' failed on trial 0002-" in line
    assert "LookupError('no callback today')" in line


def test_an_interrupt_is_no_failure(run: RunFolder, trial: Trial, monkeypatch: MonkeyPatch) -> None:
    def interrupted(self: Heard, ended: Ended) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Heard, "trial_end", interrupted)
    listeners = Listeners([Heard()], run, Said())
    with raises(KeyboardInterrupt):
        listeners.trial_end(trial, Standing([], {"a": 1.0}))


def test_the_search_keeps_its_id_and_has_a_name(run: RunFolder) -> None:
    first, again = Heard(), Heard()
    for heard in (first, again):
        Listeners([heard], run, Said()).begin(bundled_config(), [], Standing([], {}))
    assert first.search == again.search
    assert first.search.id.isalnum()
    assert (first.search.name, first.search.folder) == ("run", run.path)
    assert first.search.config["targets"].keys() == {"species", "sex", "body_mass_g"}


def test_without_callbacks_nothing_is_written(run: RunFolder, trial: Trial) -> None:
    before = {*run.path.iterdir()}
    listeners = Listeners([], run, Said())
    listeners.begin(bundled_config(), [trial], Standing([], {}))
    assert {*run.path.iterdir()} == before


def test_a_fold_is_named_with_its_cross_validation(tmp_path: Path) -> None:
    run, heard = RunFolder.create(tmp_path / "cv" / "fold-2", "", {"fold": (1, 3)}), Heard()
    Listeners([heard], run, Said()).begin(bundled_config(), [], Standing([], {}))
    assert heard.search.name == "cv-fold-2"


@mark.parametrize("given", [["heard"], {"heard": None}, {"heard": {"fails_at": 3}}])
def test_callbacks_are_made_with_their_options(plugins: Plugins, given: Any) -> None:
    offered = replace(plugins, callbacks={"heard": Heard})
    listed = {"heard": given["heard"] or {}} if isinstance(given, dict) else given
    (made,) = make_callbacks(_with(listed), offered)
    assert isinstance(made, Heard)
    assert made.fails_at == (3 if "fails_at" in str(given) else 0)


def test_a_callback_that_cannot_be_made_is_an_error_at_the_door(plugins: Plugins) -> None:
    class Missing(Heard):
        def __init__(self, fails_at: int = 0) -> None:
            if fails_at:
                raise ValueError("not so many")
            raise MissingLibrary("The callback 'heard'", "heard", "heard")

    offered = replace(plugins, callbacks={"heard": Missing})
    with raises(PluginError, match=r"'heard' does not take the options .*not so many"):
        make_callbacks(_with({"heard": {"fails_at": 1}}), offered)
    with raises(MissingLibrary, match=r"automtl\[heard\]"):
        make_callbacks(_with(["heard"]), offered)
    with raises(PluginError, match=r"no callback 'herd'; did you mean 'heard'\?"):
        make_callbacks(_with(["herd"]), offered)


def test_a_whole_search_is_told_and_what_was_missed_when_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "diary.py").write_text(PLUGIN)
    table = Path(bundled_config().data)
    (tmp_path / "config.yaml").write_text(
        f"data: {table}\ntargets: [sex]\nplugins: [diary.py]\n{SPACE}"
        "search: {trials: 2, seeds: 1, workers: 0, callbacks: {diary: {fails: true}}}\n"
    )
    said = Said()
    found = search(load_config(tmp_path / "config.yaml"), tmp_path / "run", said)
    diary = tmp_path / "run" / "diary.jsonl"
    assert diary.read_text().count("\n") == 1
    assert any("LookupError('the server is down')" in line for line in said.lines)

    def mended(config: Config) -> Config:
        return replace(config, search=config.search.model_copy(update={"callbacks": ["diary"]}))

    resume(tmp_path / "run", said, change=mended)
    lines = diary.read_text().splitlines()
    assert lines[0] == lines[1]
    assert [line[2:7] for line in lines[2:]] == ["trial"] * found.trials + ['end",']
