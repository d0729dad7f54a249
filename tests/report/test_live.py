import time
from collections.abc import Callable
from pathlib import Path

from pytest import fixture, raises

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.errors import RunError
from automtl.report.live import live_report
from automtl.run import RunFolder


@fixture
def run(tmp_path: Path) -> RunFolder:
    config = "data: data.csv\ntargets: [a]\n"
    return RunFolder.create(tmp_path / "run", config, {"digest": "d", "constants": {"a": 1.0}})


@fixture
def trial(candidate: Callable[..., Candidate], ended: Callable[..., Trial]) -> Trial:
    return ended(candidate(TaskGraph.single_task(["a"], 2)), {"a": 0.5})


def waited_for(run: RunFolder, words: str) -> bool:
    """Whether the page says so within a few seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if (page := run.path / "report.html").is_file() and words in page.read_text():
            return True
        time.sleep(0.01)
    return False


def test_the_page_follows_the_trials(run: RunFolder, trial: Trial) -> None:
    with run.lock(), live_report(run, pause=0.01):
        assert waited_for(run, "The search goes on: 0 trainings so far.")
        run.append(trial)
        assert waited_for(run, "The search goes on: 1 training so far.")
    before = (run.path / "report.html").stat().st_mtime_ns
    run.append(trial)
    time.sleep(0.05)
    assert (run.path / "report.html").stat().st_mtime_ns == before


def test_what_is_written_after_the_end_stays(run: RunFolder, trial: Trial) -> None:
    with live_report(run, pause=0.01) as final:
        assert waited_for(run, "The search goes on")
        final()
        run.append(trial)
        run.write_text("report.html", "final")
        time.sleep(0.05)
    assert (run.path / "report.html").read_text() == "final"


def test_a_line_that_is_being_written_is_left_alone(run: RunFolder, trial: Trial) -> None:
    run.append(trial)
    with (run.path / "trials.jsonl").open("a") as file:
        file.write('{"cut')
        file.flush()
        with live_report(run, pause=0.01):
            assert waited_for(run, "1 training so far")
    assert (run.path / "trials.jsonl").read_text().endswith('{"cut')


def test_a_search_that_fails_leaves_a_page_that_says_so(run: RunFolder) -> None:
    with raises(ZeroDivisionError), live_report(run, pause=0.01):
        _ = 1 / (not waited_for(run, "The search goes on"))
    text = (run.path / "report.html").read_text()
    assert "There is no model yet: the search ended after 0 trainings." in text
    assert "refresh" not in text.split("</head>")[0].split("<style>")[0]


def test_a_page_that_cannot_be_written_does_not_end_a_search(run: RunFolder) -> None:
    (run.path / "trials.jsonl").write_text("no trial\n")
    with raises(RunError):
        run.trials()
    with live_report(run, pause=0.01):
        time.sleep(0.05)
    assert not (run.path / "report.html").exists()
