from pathlib import Path

from pytest import fixture, mark, raises

from automtl.errors import DataError
from automtl_plugins.readers.arff import Arff
from automtl_plugins.readers.csv import Csv

READER = Arff()
ROOT = '<labels xmlns="http://mulan.sourceforge.net/labels">'
NESTED = f'{ROOT}<label name="b"><label name="c"/></label>\n<label name="a"></label></labels>'


@fixture
def arff(tmp_path: Path) -> Path:
    path = tmp_path / "birds-train.arff"
    columns = "".join(f"@attribute {name} {{0,1}}\n" for name in "xabc")
    path.write_text(f"@relation r\n{columns}@data\n0,1,0,1\n")
    return path


@mark.parametrize("name", ["birds-train.xml", "birds.xml"])
def test_finds_the_file_of_labels(arff: Path, name: str) -> None:
    assert READER.labels(arff) is None
    arff.with_name(name).write_text(NESTED)
    assert READER.labels(arff) == ["b", "c", "a"]


def test_the_users_file_goes_first(arff: Path) -> None:
    arff.with_name("birds.xml").write_text(NESTED)
    other = arff.with_name("other.xml")
    other.write_text(f'{ROOT}<label name="a"/></labels>')
    assert READER.labels(arff, other) == ["a"]


def test_a_compressed_file_has_labels_too(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(NESTED)
    path = tmp_path / "x.arff.gz"
    path.touch()
    with raises(DataError, match=f"^{path}"):  # it looks for the columns of an empty file
        READER.labels(path)


def test_labels_must_be_columns(arff: Path) -> None:
    file = arff.with_name("birds.xml")
    file.write_text(NESTED.replace('"c"', '"owl"'))
    with raises(DataError, match=rf"^{arff}: every label in {file} must .*\['owl'\] are not"):
        READER.labels(arff)


@mark.parametrize(
    ("content", "message"),
    [
        ("", ":1: is no XML that can be read: no element found"),
        (f"{ROOT}\n<label>", ":2: must be <label name="),
        (f'{ROOT}\n<label name="a">', ":2: is no XML"),
        (f"{ROOT}<class name='a'/></labels>", ":1: must be <label name=.*<class>"),
        (f"{ROOT}</labels>", ": must name at least one label, .* Mend or remove it"),
        (
            f'{ROOT}<label name="a"/><label name="a"/></labels>',
            r": labels .*\['a'\] are repeated\. Name each",
        ),
        ('<labels><label name="a"/></labels>', ":1: must begin with <labels xmlns=.*<labels>"),
        ("<html/>", ":1: must begin with .*<html>"),
        (f'<!DOCTYPE labels [<!ENTITY e "a">]>{NESTED}', ":1: must not have a DOCTYPE.*Remove it"),
        (f'\n<!DOCTYPE labels SYSTEM "x.dtd">{NESTED}', ":2: must not have a DOCTYPE"),
    ],
)
def test_refuses(arff: Path, content: str, message: str) -> None:
    file = arff.with_name("birds.xml")
    file.write_text(content)
    with raises(DataError, match=f"^{file}{message}"):
        READER.labels(arff)


def test_refuses_a_doctype_in_any_encoding(arff: Path) -> None:
    file = arff.with_name("birds.xml")
    file.write_bytes(f'<!DOCTYPE labels [<!ENTITY e "a">]>{NESTED}'.encode("utf-16"))
    with raises(DataError, match="must not have a DOCTYPE"):
        READER.labels(arff)


def test_refuses_a_file_that_is_not_there(arff: Path) -> None:
    file = arff.with_name("none.xml")
    with raises(DataError, match=f"^{file}: cannot be read: No such file"):
        READER.labels(arff, file)


def test_other_formats_have_no_files_of_labels(tmp_path: Path) -> None:
    path, file = tmp_path / "x.csv", tmp_path / "x.xml"
    assert Csv().labels(path) is None
    with raises(DataError, match=f"^{file}: a file of labels cannot go with {path}"):
        Csv().labels(path, file)
