from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import write_table
from pytest import mark, raises

from automtl.errors import DataError
from automtl_plugins.readers.parquet import Parquet

READER = Parquet()


def _write(folder: Path, table: pa.Table) -> Path:
    path = folder / "table.parquet"
    write_table(table, path)
    return path


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"], "c": [True, False]})
    path = _write(tmp_path, table)
    assert READER.columns(path) == ["a", "b", "c"]
    assert READER.read(path) == table
    assert READER.place(path, 1) == "row 2"


@mark.parametrize(
    ("values", "text"),
    [
        (["007", None], ["007", None]),
        ([1, None], ["1", None]),
        ([0.1, 1e300], ["0.1", "1e+300"]),
        ([True, False], ["true", "false"]),
        ([date(2024, 2, 29), None], ["2024-02-29", None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
    ],
)
def test_text(tmp_path: Path, values: object, text: list[str]) -> None:
    path = _write(tmp_path, pa.table({"a": values, "b": values}))
    table = READER.read(path, ["a"])
    assert table.column_names == ["a", "b"]
    assert table["a"].to_pylist() == text


def test_refuses_lists_as_text(tmp_path: Path) -> None:
    path = _write(tmp_path, pa.table({"a": [{"x": [1]}]}))
    with raises(DataError, match=f"^{path}: column 'a' must hold text, numbers, booleans or dates"):
        READER.read(path, ["a"])


def test_refuses_a_file_without_rows(tmp_path: Path) -> None:
    path = _write(tmp_path, pa.table({"a": pa.array([], pa.int64())}))
    with raises(DataError, match=f"^{path}: must have rows"):
        READER.read(path)


def test_refuses_repeated_names(tmp_path: Path) -> None:
    path = _write(tmp_path, pa.table([[1], [2]], names=["a", "a"]))
    with raises(DataError, match=rf"^{path}: column names must be unique, but \['a'\]"):
        READER.columns(path)


@mark.parametrize("content", [b"", b"a,b\n1,2\n"])
def test_refuses_what_is_not_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    with raises(DataError, match=f"^{path}: is not a Parquet file"):
        READER.columns(path)
