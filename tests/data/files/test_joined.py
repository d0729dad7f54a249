from collections.abc import Sequence
from pathlib import Path

from pytest import fixture, raises

from automtl.data.files.joined import JoinedReader, JoinedSource, LongReader
from automtl.data.files.source import Source, open_source
from automtl.data.request import PART
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()


def _source(folder: Path, name: str, *lines: str) -> Source:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return open_source(path, PLUGINS)


@fixture
def files(tmp_path: Path) -> list[Source]:
    return [
        _source(tmp_path, "a.csv", "x,s,t", "1,u,0", "2,u,1"),
        _source(tmp_path, "b.csv", "x,s,t", "3,v,1", "4,v,0", "5,v,1"),
    ]


def _joined(files: Sequence[Source], ignore: Sequence[str] = (), parts: bool = False) -> Source:
    paths = [str(file.path) for file in files]
    said = dict(zip(paths, ("train", "test"), strict=True)) if parts else {}
    return JoinedSource(files[0].path, JoinedReader(files, dict.fromkeys(paths, ()), said, ignore))


def test_rows_are_those_of_all_files(files: list[Source]) -> None:
    table = _joined(files).read()
    assert table["x"].to_pylist() == [1, 2, 3, 4, 5]
    assert table.column_names == _joined(files).columns() == ["x", "s", "t"]


def test_files_are_parts(files: list[Source]) -> None:
    source = _joined(files, parts=True)
    assert source.columns() == ["x", "s", "t", PART]
    assert source.read()[PART].to_pylist() == ["train"] * 2 + ["test"] * 3


def test_what_is_ignored_need_not_be_everywhere(files: list[Source], tmp_path: Path) -> None:
    other = _source(tmp_path, "c.csv", "x,s,t,more", "6,w,1,z")
    assert _joined([*files, other], ["more"]).read().column_names == ["x", "s", "t"]
    with raises(DataError, match=rf"^{other.path}: every source must have .*it has 'more' besides"):
        _joined([*files, other]).columns()


def test_a_row_is_found_in_its_file(files: list[Source]) -> None:
    source = _joined(files)
    source.read()
    assert [source.place(row) for row in (0, 1, 2, 4)] == [
        "line 2 of a.csv", "line 3 of a.csv", "line 2 of b.csv", "line 4 of b.csv"
    ]  # fmt: skip


def test_errors_begin_with_the_file(files: list[Source]) -> None:
    source = _joined(files)
    source.read()
    assert str(source.error("no.", "x", 3)) == f"{files[1].path}, column 'x', line 3: no."
    assert str(source.error("no.", "x")) == f"{files[0].path} and 1 more, column 'x': no."
    assert str(source.error("no.")) == f"{files[0].path} and 1 more: no."
    assert str(_joined(files, parts=True).error("no.", PART)).endswith("and 1 more: no.")


def test_an_error_in_a_column_of_one_file_begins_with_it(
    files: list[Source], tmp_path: Path
) -> None:
    other = _source(tmp_path, "c.csv", "x,s,u", "6,w,1")
    paths = [str(file.path) for file in (files[0], other)]
    own = dict(zip(paths, (["t"], ["u"]), strict=True))
    source = JoinedSource(files[0].path, JoinedReader([files[0], other], own, {}))
    assert str(source.error("no.", "u")) == f"{other.path}, column 'u': no."


def test_a_target_that_its_file_has_not(files: list[Source]) -> None:
    own = {str(files[0].path): ["t"], str(files[1].path): ["tt"]}
    with raises(DataError, match=rf"^{files[1].path}: there is no column 'tt'.* mean 't'"):
        JoinedReader(files, own, {}).columns(files[0].path)


def test_long_form(tmp_path: Path) -> None:
    file = _source(
        tmp_path, "a.csv", "id,x,task,y", "1,1.5,p,0", "2,1.5,q,1", "3,2.5,p,1", "4,2.5,p,0"
    )
    reader = LongReader(file, "task", "y", ["id"])
    assert reader.tasks == ["p", "q"]
    assert reader.columns(file.path) == ["id", "x", "p", "q"]
    table = reader.read(file.path)
    assert table.to_pydict() == {
        "x": [1.5, 2.5, 2.5], "p": ["0", "1", "0"], "q": ["1", None, None]
    }  # fmt: skip
    assert [reader.place(file.path, row) for row in range(3)] == ["line 2", "line 4", "line 5"]


def test_long_form_keeps_text_as_it_is_written(tmp_path: Path) -> None:
    file = _source(tmp_path, "a.csv", "x,task,y", "01,p,1.0", "02,q,2.50")
    reader = LongReader(file, "task", "y", [])
    assert reader.read(file.path, {"x", "p"})["x"].to_pylist() == ["01", "02"]
