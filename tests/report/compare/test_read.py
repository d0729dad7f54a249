import json
from collections.abc import Callable
from math import isnan
from pathlib import Path

from pytest import mark, raises

from automtl.errors import RunError
from automtl.report.compare.read import read_sides
from automtl.report.compare.side import SIZE, SPENT
from automtl.report.summary import Summary

Folder = Callable[..., Path]


def test_reads_what_a_search_wrote(finished: Summary, folder: Folder) -> None:
    side, _ = read_sides([finished.folder, folder("other")])
    assert side.digests == (finished.data_digest,)
    assert list(side.tasks) == [task.name for task in finished.tasks]
    for task in finished.tasks:
        read = side.tasks[task.name]
        assert {name: score.value for name, score in read.scores.items()} == task.test
        assert {name: score.mean for name, score in read.scores.items()} == task.winner_test
        assert read.gain == task.test_gain
        assert read.truths[0].digest
    assert str(side.graphs[0]) == finished.winner.graph
    assert side.costs["parameters"] == finished.parameters
    assert side.costs["milliseconds a row"] > 0
    assert not any(isnan(side.costs[name]) for name in (*SPENT, *SIZE))
    assert set(side.settings) >= {name for _, values in finished.settings for name in values}


def test_folds_are_read_as_one(folder: Folder, summary: Callable[..., Summary]) -> None:
    for number, rmse in ((1, 1.0), (2, 3.0)):
        fold = folder(f"cv/fold-{number}", {"a": rmse, "b": 1.0}, digest=f"d{number}")
    results = [{"number": 1}, {"number": 2}]  # as `FoldResult` is written, as far as it is read
    (fold.parent / "folds.json").write_text(json.dumps({"results": results}))
    (fold.parent / "config.yaml").write_text("search: {trials: 24}")
    side, _ = read_sides([fold.parent, folder("other")])
    assert side.folds == 2
    assert side.digests == ("d1", "d2")
    assert side.tasks["a"].scores["rmse"].each == (1.0, 3.0)
    assert side.tasks["a"].scores["rmse"].value == 2.0
    assert side.costs["trials"] == 48
    assert side.costs["parameters"] == summary().parameters


def test_a_spread_that_was_not_kept_is_not_known(folder: Folder) -> None:
    older = folder("older", spread=None)
    best = json.loads((older / "best.json").read_text())
    for task in best["tasks"]:
        del task["winner_spread"]
    (older / "best.json").write_text(json.dumps(best))
    side, _ = read_sides([older, folder("newer")])
    assert side.tasks["a"].scores["rmse"].spread is None


def test_a_line_that_is_being_written_is_left_alone(folder: Folder) -> None:
    path = folder("x")
    with (path / "trials.jsonl").open("a") as file:
        file.write('{"digest": "ab')
    before = (path / "trials.jsonl").read_bytes()
    side, _ = read_sides([path, folder("y")])
    assert side.costs["milliseconds a row"] == 0.25
    assert (path / "trials.jsonl").read_bytes() == before


def test_names_tell_folders_apart(folder: Folder) -> None:
    sides = read_sides([folder("one/run"), folder("two/run")])
    assert [side.name for side in sides] == ["one/run", "two/run"]


def test_refuses_fewer_than_two(folder: Folder) -> None:
    path = folder("x")
    with raises(RunError, match="two or more different run folders, but got 1"):
        read_sides([path])
    with raises(RunError, match="was given twice"):
        read_sides([path, path / ".." / "x"])


@mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.yaml", None, "not a run folder"),
        ("best.json", None, "this search has not ended"),
        ("best.json", "{", "cannot be read"),
        ("best.json", '{"rows": []}', "cannot be read"),
        ("data.json", "[]", "no digest of the data"),
        ("trials.jsonl", "{}\n", "this line is no trial"),
        ("folds.json", '{"results": []}', "no fold of this cross-validation has ended"),
        ("folds.json", "[]", "cannot be read"),
    ],
)
def test_refuses_what_cannot_be_read(
    name: str, content: str | None, message: str, folder: Folder
) -> None:
    path, other = folder("x"), folder("y")
    if content is None:
        (path / name).unlink()
    else:
        (path / name).write_text(content)
    with raises(RunError, match=message) as caught:
        read_sides([other, path])
    assert str(path) in str(caught.value)
