from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch, fixture, mark, raises

from automtl.data.files.opening import open_request
from automtl.data.request import (
    ALL,
    PART,
    DataRequest,
    LongRequest,
    SplitRequest,
    TargetRequest,
)
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
XML = '<labels xmlns="http://mulan.sourceforge.net/labels">{}</labels>'


def _xml(*names: str) -> str:
    return XML.format("".join(f'<label name="{name}"/>' for name in names))


@fixture
def arff(tmp_path: Path) -> Path:
    path = tmp_path / "d.arff"
    head = "".join(f"@attribute {name} numeric\n" for name in ("x", "l1", "l2"))
    path.write_text(f"@relation d\n{head}@data\n" + "1,0,1\n" * 3)
    return path


def _long(folder: Path) -> DataRequest:
    path = folder / "d.csv"
    path.write_text("x,g,task,y\n" + "1,a,p,0\n2,b,q,1\n")
    return DataRequest(path, (TargetRequest(ALL),), long=LongRequest("task", "y"))


def test_all_tasks_of_a_long_table_are_optional(tmp_path: Path) -> None:
    request = replace(_long(tmp_path), targets=(TargetRequest(ALL, weight=2), TargetRequest("q")))
    _, found = open_request(request, PLUGINS)
    assert found.targets == (TargetRequest("p", weight=2, optional=True), TargetRequest("q"))
    assert found.aside == ()


def test_tasks_that_are_not_asked_for_are_set_aside(tmp_path: Path) -> None:
    request = replace(_long(tmp_path), targets=(TargetRequest("p"),))
    assert open_request(request, PLUGINS)[1].aside == ("q",)


def test_what_the_split_needs_is_kept_though_it_is_to_be_ignored(tmp_path: Path) -> None:
    request = replace(_long(tmp_path), ignore=("g",), split=SplitRequest(groups="g"))
    source, _ = open_request(request, PLUGINS)
    assert "g" in source.read().column_names


def test_the_columns_of_the_long_form_are_needed(tmp_path: Path) -> None:
    request = _long(tmp_path)
    with raises(DataError, match=r"there is no column 'tsk', named in 'long'; did you mean 'task'"):
        open_request(replace(request, long=LongRequest("tsk", "y")), PLUGINS)
    with raises(DataError, match=r"column 'task': is named in 'long' and to be ignored; choose"):
        open_request(replace(request, ignore=("task",)), PLUGINS)


def test_all_needs_a_form_that_says_which(arff: Path) -> None:
    with raises(
        DataError, match=r"d\.arff: the target '\*' stands for all tasks of a table in lon"
    ):
        open_request(DataRequest(arff, (TargetRequest(ALL),)), PLUGINS)


def test_the_tasks_of_sources_are_those_named(tmp_path: Path) -> None:
    for name, target in (("a.csv", "t"), ("b.csv", "u")):
        (tmp_path / name).write_text(f"x,{target}\n1,0\n")
    sources = {tmp_path / "a.csv": ("t",), tmp_path / "b.csv": ("u",)}
    request = DataRequest(tmp_path / "a.csv", (TargetRequest(ALL),), sources=sources)
    assert open_request(request, PLUGINS)[1].targets == (TargetRequest("t"), TargetRequest("u"))
    one = replace(request, targets=(TargetRequest("u"),))
    assert open_request(one, PLUGINS)[1].aside == ("t",)


def test_parts_are_the_split(tmp_path: Path) -> None:
    paths = {"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"}
    for path in paths.values():
        path.write_text("x,t\n1,0\n")
    request = DataRequest(paths["train"], (TargetRequest("t"),), parts=paths)
    assert open_request(request, PLUGINS)[1].split == SplitRequest(column=PART)
    with raises(DataError, match="and 1 more: the files are the parts of the split, but 'x' is to"):
        open_request(replace(request, split=SplitRequest(groups="x")), PLUGINS)
    twice = replace(request, parts={"train": paths["train"], "test": paths["train"]})
    with raises(DataError, match=r"a\.csv: each part .* but this is that of 'train' and of 'test'"):
        open_request(twice, PLUGINS)


def test_the_labels_beside_a_file_are_the_columns(arff: Path) -> None:
    arff.with_suffix(".xml").write_text(_xml("l1", "l2"))
    request = DataRequest(arff, (TargetRequest("moods"),))
    [target] = open_request(request, PLUGINS)[1].targets
    assert target.columns == ("l1", "l2")
    one = replace(request, targets=(TargetRequest("l1"),))
    assert open_request(one, PLUGINS)[1].aside == ("l2",)


def test_labels_that_are_not_there(arff: Path) -> None:
    arff.with_suffix(".xml").write_text(_xml("l1", "l3"))
    request = DataRequest(arff, (TargetRequest("moods"),))
    with raises(DataError, match=r"every label in .*d\.xml must be one of its .*\['l3'\] are not"):
        open_request(request, PLUGINS)
    named = replace(request, targets=(TargetRequest("moods", columns=("l1", "l2")),))
    assert open_request(named, PLUGINS)[1].aside == ()  # they are not asked for


@mark.parametrize("target", [TargetRequest("l1"), TargetRequest("moods")])
def test_a_file_of_labels_that_is_named_is_read(arff: Path, target: TargetRequest) -> None:
    request = DataRequest(arff, (target,), labels=arff.with_name("other.xml"))
    with raises(DataError, match=r"other\.xml: no such file") as caught:
        open_request(request, PLUGINS)
    assert caught.value.place == ("labels",)


def test_a_target_that_one_part_lacks_is_called_a_target(tmp_path: Path) -> None:
    paths = {"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"}
    paths["train"].write_text("x,t\n1,0\n")
    paths["test"].write_text("x,u\n1,0\n")
    request = DataRequest(paths["train"], (TargetRequest("t"),), parts=paths)
    with raises(DataError, match=r"b\.csv: there is no column 't', named as a target; there are"):
        open_request(request, PLUGINS)


@mark.parametrize(
    ("changes", "place"),
    [
        ({"long": LongRequest("tsk", "y")}, ("long", "task")),
        ({"long": LongRequest("task", "z")}, ("long", "value")),
        ({"ignore": ("task",)}, ("ignore", "task")),
        ({"long": None}, ("targets", ALL)),
        ({"path": Path("nowhere.csv")}, ("data",)),
        ({"parts": {"train": Path("nowhere.csv")}}, ("data", "train")),
        ({"sources": {Path("nowhere.csv"): ("y",)}}, ("sources", "nowhere.csv")),
        ({"sources": {Path("d.csv"): ("z",)}}, ("sources", "d.csv", "z")),
    ],
)
def test_errors_of_the_configuration_say_where_it_is_wrong(
    tmp_path: Path, monkeypatch: MonkeyPatch, changes: dict[str, Any], place: tuple[str, ...]
) -> None:
    request = _long(tmp_path)
    monkeypatch.chdir(tmp_path)
    with raises(DataError) as caught:
        open_request(replace(request, **changes), PLUGINS)
    assert caught.value.place == place
