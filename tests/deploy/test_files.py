import errno
import os
from pathlib import Path

from pytest import mark, raises

from automtl.deploy.files import replacing
from automtl.errors import DataError


def test_takes_the_place_of_the_file_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_leaves_nothing_behind_after_an_error(tmp_path: Path) -> None:
    def write_half() -> None:
        with replacing(tmp_path / "out.csv") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with raises(KeyboardInterrupt):
        write_half()
    assert list(tmp_path.iterdir()) == []


@mark.parametrize(
    ("name", "message"),
    [
        (".", "this is a folder; give the name of a file"),
        ("no/such/out.csv", "there is no folder '.*no/such'; create it first"),
        ("x" * 300, "cannot be written: File name too long. Choose another place"),
    ],
)
def test_says_why_nothing_can_be_written(tmp_path: Path, name: str, message: str) -> None:
    with raises(DataError, match=message), replacing(tmp_path / name):
        pass


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    message = "cannot be written: No space left on device"
    with raises(DataError, match=message), replacing(tmp_path / "out.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with raises(DataError, match="cannot be written: Permission denied"), replacing(tmp_path / "x"):
        pass
