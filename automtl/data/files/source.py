"""A data file, and errors that say where in it something is wrong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from automtl.core.reader import Reader
from automtl.data.files.frame import FRAME, FrameReader, to_table
from automtl.errors import DataError
from automtl.plugins import Plugins
from automtl.suggest import did_you_mean

_EXCEL = "A workbook of Excel is no table: save the sheet as CSV UTF-8, or as Parquet."
_JSON = "A file of JSON with one object a line ends in .jsonl; save it so, or as CSV or Parquet."
_MENDS = {".xlsx": _EXCEL, ".xls": _EXCEL, ".json": _JSON}  # of endings that are often met


@dataclass(frozen=True)
class Source:
    """A file and the reader of its format, or a frame in memory."""

    path: Path
    reader: Reader

    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.reader.columns(self.path)

    def read(self, text: Collection[str] = ()) -> pa.Table:
        """All rows; the columns ``text`` exactly as they are written."""
        return self.reader.read(self.path, text)

    def place(self, row: int) -> str:
        """Where the row ``row``, counted from 0, is found in the file."""
        return self.reader.place(self.path, row)

    def labels(self, labels_file: Path | None = None) -> list[str] | None:
        """The columns that the file, or ``labels_file``, says are labels, if anything says so."""
        return self.reader.labels(self.path, labels_file)

    def noun(self, column: str) -> str:
        """What errors call a column."""
        return "column"

    def error(self, message: str, column: str | None = None, row: int | None = None) -> DataError:
        """An error that begins with the file, and the column and row if they are given."""
        place = [str(self.path)]
        place += [] if column is None else [f"{self.noun(column)} '{column}'"]
        place += [] if row is None else [self.place(row)]
        return DataError(f"{', '.join(place)}: {message}")


def open_source(path: Path, plugins: Plugins, place: Sequence[str] = ()) -> Source:
    """
    Finds the reader of a file by its ending; the longest ending that fits decides.

    :param place: The keys of the configuration that lead to the path.
    :raises DataError: If there is no such file, or no reader for it.
    """
    check_file(path, place)
    readers = {suffix: kind for kind in plugins.readers.values() for suffix in kind.suffixes}
    fitting = [suffix for suffix in readers if path.name.lower().endswith(suffix)]
    if not fitting:
        raise DataError(f"{path}: {_why_no_reader(path, plugins)}").at(*place)
    return Source(path, readers[max(fitting, key=len)]())


def check_file(path: Path, place: Sequence[str] = ()) -> None:
    """
    Makes sure that there is a file.

    :param place: The keys of the configuration that lead to the path.
    :raises DataError: If there is none.
    """
    if not path.is_file():
        raise DataError(f"{path}: {_why_no_file(path)}").at(*place)


def _why_no_reader(path: Path, plugins: Plugins) -> str:
    ending = path.suffix.lower()
    known = "; ".join(f"{name}: {', '.join(r.suffixes)}" for name, r in plugins.readers.items())
    mend = _MENDS.get(ending, f"There are {known}.")
    return f"no reader knows the ending '{path.suffix}'. {mend}"


def _why_no_file(path: Path) -> str:
    if path.is_dir():
        return "is a folder, not a file. Name one of the files in it."
    if not path.parent.is_dir():
        return f"no such file: there is no folder '{path.parent}'. Check the path."
    names = sorted(other.name for other in path.parent.iterdir() if other.is_file())
    mend = did_you_mean(path.name, names)
    return f"no such file; {mend if mend.startswith('did you mean') else 'check the path.'}"


def frame_source(frame: Any) -> Source:
    """
    A table in memory as a source: a data frame of pandas or polars, an Arrow table, or a mapping
    of names to columns. Messages call it ``data frame``.

    :raises DataError: If it is none of these, or no proper table.
    """
    return Source(FRAME, FrameReader(to_table(frame)))
