from pathlib import Path

from pytest import mark, raises

from automtl.data.bundled import PENGUINS
from automtl.data.files.source import open_source
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()


def test_finds_the_reader_by_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet.CSV"
    path.write_bytes(PENGUINS.read_bytes())
    assert open_source(path, PLUGINS).columns() == open_source(PENGUINS, PLUGINS).columns()


def test_an_error_says_where_it_is() -> None:
    source = open_source(PENGUINS, PLUGINS)
    assert str(source.error("is wrong.")) == f"{PENGUINS}: is wrong."
    assert (
        str(source.error("is wrong.", "sex", 0)) == f"{PENGUINS}, column 'sex', line 2: is wrong."
    )


def test_refuses_what_is_no_file(tmp_path: Path) -> None:
    with raises(DataError, match=f"^{tmp_path}: is a folder, not a file"):
        open_source(tmp_path, PLUGINS)
    with raises(DataError, match=f"^{tmp_path}/x.csv: no such file"):
        open_source(tmp_path / "x.csv", PLUGINS)
    (tmp_path / "penguins.csv").touch()
    with raises(DataError, match=r"no such file; did you mean 'penguins\.csv'\?$"):
        open_source(tmp_path / "penguin.csv", PLUGINS)
    with raises(DataError, match=r"no such file; check the path\.$"):
        open_source(tmp_path / "y.parquet", PLUGINS)
    with raises(DataError, match=f"no such file: there is no folder '{tmp_path}/sub'"):
        open_source(tmp_path / "sub" / "y.parquet", PLUGINS)


def test_refuses_an_unknown_ending(tmp_path: Path) -> None:
    path = tmp_path / "x.doc"
    path.touch()
    with raises(DataError, match=r"no reader knows the ending '\.doc'\. There are .*csv: \.csv, "):
        open_source(path, PLUGINS)


@mark.parametrize(
    ("name", "mend"),
    [
        ("x.XLSX", "A workbook of Excel is no table: save the sheet as CSV UTF-8, or as Parquet"),
        ("x.json", r"A file of JSON with one object a line ends in \.jsonl; save it so, or as CSV"),
    ],
)
def test_says_what_to_make_of_a_well_known_ending(tmp_path: Path, name: str, mend: str) -> None:
    (tmp_path / name).touch()
    with raises(DataError, match=rf"no reader knows the ending '\.\w+'\. {mend}"):
        open_source(tmp_path / name, PLUGINS)


def test_an_error_of_the_path_says_where_the_path_stands(tmp_path: Path) -> None:
    (tmp_path / "x.doc").touch()
    for name in ("x.doc", "y.csv"):
        with raises(DataError) as caught:
            open_source(tmp_path / name, PLUGINS, ("data", "train"))
        assert caught.value.place == ("data", "train")
