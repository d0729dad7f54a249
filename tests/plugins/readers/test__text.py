import gzip
from pathlib import Path

from pytest import mark, raises

from automtl.core.reader import Reader
from automtl.errors import DataError
from automtl_plugins.readers._text import check_text, is_zipped, not_utf8, unreadable
from automtl_plugins.readers.arff import Arff
from automtl_plugins.readers.csv import Csv
from automtl_plugins.readers.json_lines import JsonLines


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), r"is compressed with gzip\. Add \.gz to its na"),
        (b"PK\x03\x04...", "is a ZIP archive, as a workbook of Excel is. Save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0", "is an old workbook of Excel. Save the sheet as CSV UTF-8, or as"),
        ("a,b\n1,2\n".encode("utf-16"), r"is UTF-16 text\. Save it as UTF-8\."),
        (b"\xfe\xff" + "a,b\n1,2\n".encode("utf-16-be"), "is UTF-16 text. Save it as UTF-8"),
        (b"PAR1", r"is a Parquet file\. Let its name end in \.parquet\."),
    ],
)
@mark.parametrize("reader", [Arff(), Csv(), JsonLines()])
def test_says_what_a_file_is_that_is_not_text(
    tmp_path: Path, reader: Reader, content: bytes, message: str
) -> None:
    path = _write(tmp_path / f"x{reader.suffixes[0]}", content)
    with raises(DataError, match=f"^{path}: must be UTF-8 text, but {message}"):
        reader.columns(path)


@mark.parametrize("reader", [Arff(), Csv(), JsonLines()])
def test_a_name_that_ends_in_gz_says_that_the_file_is_compressed(
    tmp_path: Path, reader: Reader
) -> None:
    path = _write(tmp_path / f"x{reader.suffixes[0]}.gz", b"a,b\n1,2\n")
    message = r"must be compressed with gzip, as its name says, but is not\. Take \.gz out of"
    with raises(DataError, match=f"^{path}: {message}"):
        reader.columns(path)


@mark.parametrize("reader", [Arff(), Csv(), JsonLines()])
def test_a_file_that_is_cut_short(tmp_path: Path, reader: Reader) -> None:
    whole = gzip.compress(bytes(range(32, 127)) * 99)
    path = _write(tmp_path / f"x{reader.suffixes[0]}.gz", whole[: len(whole) // 2])
    with raises(DataError, match=f"^{path}: cannot be read: .* It is cut short or damaged: copy"):
        reader.columns(path)


def test_what_is_text_or_compressed_as_its_name_says_is_let_through(tmp_path: Path) -> None:
    check_text(_write(tmp_path / "x.csv", "\ufeffé,b\n".encode()))
    check_text(_write(tmp_path / "empty.csv", b""))
    check_text(_write(tmp_path / "empty.csv.gz", b""))
    check_text(_write(tmp_path / "x.csv.gz", gzip.compress(b"a,b\n")))


def test_is_zipped() -> None:
    assert is_zipped(Path("x.csv.GZ"))
    assert not is_zipped(Path("x.gz.csv"))


@mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_the_line_that_is_not_utf8_is_named(tmp_path: Path, name: str) -> None:
    content = "a\né\n".encode() + "é\n".encode("latin-1")
    path = _write(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    message = f"{path}:3: must be UTF-8 text, but is not. Save the file in that encoding."
    assert str(not_utf8(path)) == message


def test_why_a_file_cannot_be_opened() -> None:
    error = PermissionError(13, "Permission denied")
    message = "x.csv: cannot be read: Permission denied. Mend that, or name another."
    assert str(unreadable(Path("x.csv"), error)) == message
