import os
import shutil
import subprocess
import sys
from pathlib import Path

from pytest import MonkeyPatch, mark, raises

from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.run import RunFolder


def test_a_folder_is_made_once(run: RunFolder) -> None:
    assert run.config.read_text() == "name: one\n"
    assert run.trials() == []
    with raises(RunError, match=r"exists.*--resume.*--name"):
        RunFolder.create(run.path, "", {})
    assert run.config.read_text() == "name: one\n"


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with raises(RunError, match="cannot be written: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run", "", {})
    with raises(RunError, match="cannot be written: File name too long"):
        RunFolder.create(tmp_path / ("long" * 100), "", {})


@mark.parametrize("missing", ["config.yaml", "trials.jsonl"])
def test_something_else_is_not_opened(run: RunFolder, missing: str) -> None:
    assert RunFolder.open(run.path) == run
    (run.path / missing).unlink()
    with raises(RunError, match="not a run folder"):
        RunFolder.open(run.path)
    with raises(RunError, match="not a run folder"):
        RunFolder.open(run.path / "nowhere")


def test_the_path_survives_a_change_of_the_working_directory(
    tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunFolder.create(Path("here"), "", {})
    opened = RunFolder.open(Path("here"))
    monkeypatch.chdir("/")
    assert opened.trials() == []


def test_trials_come_back_as_they_were_added(run: RunFolder, trials: list[Trial]) -> None:
    for trial in trials:
        run.append(trial)
    assert RunFolder.open(run.path).trials() == trials
    assert len((run.path / "trials.jsonl").read_bytes().splitlines()) == 3


def test_a_line_cut_off_at_any_byte_is_dropped(run: RunFolder, trials: list[Trial]) -> None:
    file = run.path / "trials.jsonl"
    run.append(trials[0])
    first = file.read_bytes()
    run.append(trials[1])
    both = file.read_bytes()
    for end in range(len(first), len(both), 7):
        file.write_bytes(both[:end])
        assert run.trials() == trials[:1]
        run.append(trials[2])  # and the next one is whole
        assert run.trials() == [trials[0], trials[2]]


def test_who_only_looks_leaves_a_cut_line_alone(run: RunFolder, trials: list[Trial]) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(b'{"cut')
    before = (run.path / "trials.jsonl").read_bytes()
    assert run.trials(mend=False) == trials[:1]
    assert (run.path / "trials.jsonl").read_bytes() == before


def test_bytes_that_are_no_text_are_dropped_with_their_line(
    run: RunFolder, trials: list[Trial]
) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(b"\0\xff\xfe")
    assert run.trials() == trials[:1]
    assert run.trials() == trials[:1]


@mark.parametrize("line", ["", "{", "[1]", "null", "{}", '{"candidate": {}}', "\xff"])
def test_a_broken_line_before_the_last_is_an_error(
    run: RunFolder, trials: list[Trial], line: str
) -> None:
    run.append(trials[0])
    with (run.path / "trials.jsonl").open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    run.append(trials[1])
    with raises(RunError, match=r"trials\.jsonl:2: this line is no trial"):
        run.trials()


def test_a_second_search_is_kept_out(run: RunFolder, trials: list[Trial]) -> None:
    other = (
        "import sys; from pathlib import Path; from automtl.run import RunFolder\n"
        "with RunFolder.open(Path(sys.argv[1])).lock(): print('in')"
    )
    assert not run.locked
    with run.lock():
        assert run.locked
        run.append(trials[0])  # which opens the locked file again
        with raises(RunError, match="another search is at work"), run.lock():
            pass
        done = _python(other, run)
        assert done.returncode == 1
        assert "another search is at work" in done.stderr
    assert _python(other, run).stdout == "in\n"
    assert run.trials() == trials[:1]


def test_a_killed_search_loses_its_lock(run: RunFolder) -> None:
    killed = (
        "import os, sys; from pathlib import Path; from automtl.run import RunFolder\n"
        "with RunFolder.open(Path(sys.argv[1])).lock(): os.kill(os.getpid(), 9)"
    )
    assert _python(killed, run).returncode == -9
    with run.lock():
        pass


def test_a_folder_that_went_away_cannot_be_locked(run: RunFolder) -> None:
    shutil.rmtree(run.path)
    with raises(RunError, match="cannot be written"), run.lock():
        pass


def _python(code: str, run: RunFolder) -> "subprocess.CompletedProcess[str]":
    roots = [str(Path(__file__).parents[2] / folder) for folder in (".", "plugins")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(roots)}
    command = [sys.executable, "-c", code, str(run.path)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_id_is_made_once_moves_along_and_is_no_other_searchs(tmp_path: Path) -> None:
    first, second = (RunFolder.create(tmp_path / name, "", {}) for name in ("a", "b"))
    assert not (first.path / "id.txt").exists()
    known = first.id()
    assert (len(known), known.isalnum()) == (12, True)
    moved = RunFolder.open(first.path.rename(tmp_path / "c"))
    assert known == moved.id() != second.id()
    (moved.path / "id.txt").unlink()
    (moved.path / "id.txt").mkdir()
    with raises(RunError, match=r"id\.txt: cannot be read or written"):
        moved.id()
