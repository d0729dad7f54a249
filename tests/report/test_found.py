import json
import shutil
from dataclasses import replace
from pathlib import Path

from pytest import fixture, raises

from automtl.errors import RunError
from automtl.report.found import read_folder
from automtl.report.summary import Summary
from automtl.run import RunFolder


@fixture
def run(finished: Summary, tmp_path: Path) -> RunFolder:
    """A copy of the finished run."""
    return RunFolder.open(Path(shutil.copytree(finished.folder, tmp_path / "copy")))


def test_what_was_concluded_is_read_back(run: RunFolder, finished: Summary) -> None:
    found = read_folder(run)
    assert found.summary is not None
    back = replace(found.summary, folder=finished.folder)
    assert back.to_json() == finished.to_json()
    assert (back.affinity, back.posterior) == (finished.affinity, finished.posterior)
    assert found.rows == finished.rows
    assert set(found.tasks) == set(found.evidence) == {task.name for task in finished.tasks}
    assert found.curves
    assert sum(found.sizes.values()) < finished.parameters  # heads are in no node


def test_the_trials_give_the_leaderboard_of_the_summary(run: RunFolder, finished: Summary) -> None:
    found = read_folder(run, running=True)
    assert found.summary is None
    assert found.rows == finished.rows
    assert found.tasks == tuple(task.name for task in finished.tasks)
    assert found.affinity == finished.affinity
    assert found.graph is not None
    assert str(found.graph) == finished.winner.graph
    assert found.evidence == {}


def test_without_constants_there_is_no_standing(run: RunFolder) -> None:
    about = json.loads((run.path / "data.json").read_text())
    del about["constants"]
    run.write_json("data.json", about)
    (run.path / "best.json").unlink()
    found = read_folder(run)
    assert found.standing is None
    assert (found.rows, found.graph, found.affinity) == ((), None, None)
    assert len(found.trials) == 12


def test_a_folder_of_another_version_is_refused(run: RunFolder) -> None:
    run.write_json("best.json", {"rows": []})
    with raises(RunError, match=r"best\.json: this is not what this version of automtl writes"):
        read_folder(run)
