"""The contract of readers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from automtl.core.reader import Reader
from automtl.errors import DataError
from automtl.testing.common import check_named


def assert_reader_contract(reader: Reader, path: Path, columns: Sequence[str]) -> None:
    """
    Asserts of a reader that it reads ``path``, whose columns are ``columns``: names and rows agree,
    text is text where it is asked for, and an empty file is a `DataError` that names the file.
    """
    check_named(type(reader))
    proper = all(suffix.startswith(".") and suffix.islower() for suffix in reader.suffixes)
    assert proper, f"Suffixes begin with a dot and are in lower case, but got {reader.suffixes}."
    assert path.name.lower().endswith(reader.suffixes), f"{path} is not among {reader.suffixes}."
    table, text = reader.read(path), reader.read(path, text=list(columns))
    for found in (reader.columns(path), table.column_names, text.column_names):
        assert found == list(columns), f"`{reader.name}` finds the columns {found}, not {columns}."
    assert table.num_rows == text.num_rows, f"{table.num_rows} rows, but {text.num_rows} as text."
    for field in text.schema:
        assert field.type in (pa.string(), pa.large_string()), f"'{field.name}' is {field.type}."
    _check_empty_file(reader)


def _check_empty_file(reader: Reader) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"empty{reader.suffixes[0]}"
        path.touch()
        for read in (reader.columns, reader.read):
            message = _data_error(read, path)
            assert message, f"`{reader.name}` must raise DataError for an empty file."
            assert message.startswith(str(path)), f"'{message}' must begin with the path, {path}."


def _data_error(read: Callable[[Path], Any], path: Path) -> str:
    try:
        read(path)
    except DataError as error:
        return str(error)
    return ""
