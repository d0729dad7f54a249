import json
from collections.abc import Callable
from pathlib import Path

from pytest import fixture, mark, raises

from automtl.cross_validation import FoldResult, FoldsFolder
from automtl.errors import RunError

Make = Callable[..., FoldResult]


@fixture
def folder(tmp_path: Path) -> FoldsFolder:
    return FoldsFolder.create(tmp_path / "runs" / "cv", "name: cv\n", ["d1", "d2", "d3"])


def test_it_opens_as_it_was_made(folder: FoldsFolder, tmp_path: Path) -> None:
    opened = FoldsFolder.open(folder.path)
    assert opened == folder
    assert opened.digests() == ["d1", "d2", "d3"]
    assert opened.results() == []
    assert FoldsFolder.is_one(folder.path)
    assert not FoldsFolder.is_one(tmp_path)
    assert {file.name for file in folder.path.iterdir()} == {"config.yaml", "folds.json"}


def test_results_are_kept_in_order_and_the_last_one_counts(folder: FoldsFolder, fold: Make) -> None:
    for number, graph in ((3, "x"), (1, "x"), (3, "y")):
        folder.keep(fold(number, graph=graph))
    assert folder.results() == [fold(1, graph="x"), fold(3, graph="y")]
    assert folder.digests() == ["d1", "d2", "d3"]
    written = json.loads((folder.path / "folds.json").read_text())
    assert written["test"]["a"]["rmse"]["mean"] == 2.0
    assert "2 ended so far" in (folder.path / "folds.md").read_text()


def test_it_is_not_made_twice(folder: FoldsFolder) -> None:
    with raises(RunError, match="the run folder exists"):
        FoldsFolder.create(folder.path, "", [])


def test_a_second_one_is_kept_out(folder: FoldsFolder) -> None:
    with folder.lock(), raises(RunError, match="another search is at work"), folder.lock():
        pass


@mark.parametrize("content", ["", "[]", "{}", '{"digests": [], "results": [{"x": 1}]}'])
def test_a_broken_record_is_an_error(folder: FoldsFolder, content: str) -> None:
    (folder.path / "folds.json").write_text(content)
    with raises(RunError, match=r"folds\.json: the record of the folds cannot be read"):
        FoldsFolder.open(folder.path)
