from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow.ipc import IpcWriteOptions, new_file, new_stream
from pytest import mark, raises

from automtl.errors import DataError
from automtl.testing import assert_reader_contract
from automtl_plugins.readers.feather import Feather

READER = Feather()
TABLE = pa.table({"a": [1.5, None], "b": ["x", "y"], "c": [date(2024, 2, 29), None]})


def _write(
    folder: Path, table: pa.Table, compression: str | None = None, stream: bool = False
) -> Path:
    path = folder / ("table.arrow" if stream else "table.feather")
    options = IpcWriteOptions(compression=compression)
    make = new_stream if stream else new_file
    with make(str(path), table.schema, options=options) as writer:
        writer.write_table(table)
    return path


def test_contract(tmp_path: Path) -> None:
    assert_reader_contract(READER, _write(tmp_path, TABLE), ["a", "b", "c"])


@mark.parametrize("compression", [None, "lz4", "zstd"])
@mark.parametrize("stream", [False, True])
def test_reads_back_what_was_written(tmp_path: Path, compression: str | None, stream: bool) -> None:
    path = _write(tmp_path, TABLE, compression, stream)
    assert READER.columns(path) == ["a", "b", "c"]
    assert READER.read(path) == TABLE
    assert READER.place(path, 1) == "row 2"


def test_text(tmp_path: Path) -> None:
    table = READER.read(_write(tmp_path, TABLE), ["a", "c"])
    assert table.to_pydict() == {"a": ["1.5", None], "b": ["x", "y"], "c": ["2024-02-29", None]}


@mark.parametrize(
    ("table", "message"),
    [
        (TABLE.slice(0, 0), "must have rows"),
        (pa.table([[1], [2]], names=["a", "a"]), r"column names must be unique, but \['a'\]"),
        (pa.table({"a": [[1]]}), "column 'a' must hold text, numbers, booleans or dates"),
    ],
)
def test_refuses(tmp_path: Path, table: pa.Table, message: str) -> None:
    path = _write(tmp_path, table)
    with raises(DataError, match=f"^{path}: {message}"):
        READER.read(path, ["a"])


@mark.parametrize("content", [b"", b"a,b\n1,2\n", b"ARROW1", b"ARROW1\0\0 and nothing good"])
def test_refuses_what_is_not_feather(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.feather"
    path.write_bytes(content)
    with raises(DataError, match=f"^{path}: is not a Feather file"):
        READER.columns(path)


def test_refuses_the_first_version(tmp_path: Path) -> None:
    path = tmp_path / "table.feather"
    path.write_bytes(b"FEA1" + bytes(40) + b"FEA1")
    with raises(DataError, match=f"^{path}: must be version 2 of Feather"):
        READER.read(path)
