"""Readers of a table that is not one file as it lies: several files, or one in long form."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from automtl.core.reader import Reader
from automtl.data.features.text import parse_category
from automtl.data.files.long import Widened, widen
from automtl.data.files.source import Source
from automtl.data.files.sources import check_columns, concatenate
from automtl.data.request import PART
from automtl.errors import DataError


class JoinedReader(Reader):
    """
    Several files as one table, one after the other.

    :param sources: The files.
    :param targets: The columns with labels of each file, by its path; the others are in all.
    :param parts: Which part of the split each file is, by its path; empty to split in another way.
    :param ignore: Columns that are left out, and that not all files need to have.
    """

    name: ClassVar[str] = "several files"
    citation: ClassVar[str] = "https://arrow.apache.org/docs/python/"
    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        sources: Sequence[Source],
        targets: Mapping[str, Collection[str]],
        parts: Mapping[str, str],
        ignore: Collection[str] = (),
    ) -> None:
        self.sources, self.targets, self.parts, self.ignore = sources, targets, parts, ignore
        self.sizes: list[int] = []  # of the files, once they are read

    def columns(self, path: Path) -> list[str]:
        own = {str(source.path): self._kept(source.columns()) for source in self.sources}
        check_columns(own, self.targets)
        names = dict.fromkeys(name for source in self.sources for name in source.columns())
        return [*names, *([PART] if self.parts else [])]

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        tables = {}
        for source in self.sources:
            wanted = [name for name in source.columns() if name in text]
            table = source.read(wanted)
            tables[str(source.path)] = table.select(self._kept(table.column_names))
        self.sizes = [table.num_rows for table in tables.values()]
        origin = PART if self.parts else None
        joined = concatenate(tables, self.targets, origin)
        if origin is None:
            return joined
        words = [self.parts[file] for file in joined[PART].to_pylist()]
        return joined.drop_columns([PART]).append_column(PART, pa.array(words))

    def place(self, path: Path, row: int) -> str:
        source, own = self.located(row)
        return f"{source.place(own)} of {source.path.name}"

    def labels(self, path: Path, labels_file: Path | None = None) -> list[str] | None:
        return self.sources[0].labels(labels_file)

    def located(self, row: int) -> tuple[Source, int]:
        """The file of a row of the table, and which of its rows it is."""
        ends = np.cumsum(self.sizes)
        at = int(np.searchsorted(ends, row, side="right"))
        return self.sources[at], row - int(ends[at]) + self.sizes[at]

    def having(self, column: str | None) -> list[Source]:
        """The files that have a column; all for None, or for one that tells them apart."""
        found = [source for source in self.sources if column in source.columns()]
        return found or list(self.sources)

    def _kept(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name not in self.ignore]


@dataclass(frozen=True)
class JoinedSource(Source):
    """Several files, whose errors begin with the one that has the row or the column."""

    reader: JoinedReader

    def error(self, message: str, column: str | None = None, row: int | None = None) -> DataError:
        if row is not None:
            source, own = self.reader.located(row)
            return source.error(message, column, own)
        first, *others = self.reader.having(column)
        if not others:
            return first.error(message, column)
        files = Path(f"{first.path} and {len(others)} more")
        column = None if column == PART else column
        return Source(files, self.reader).error(message, column)


@dataclass(frozen=True)
class LongSource(Source):
    """A file in long form, whose errors speak of tasks where there is no such column."""

    reader: "LongReader"

    def noun(self, column: str) -> str:
        return "task" if column in self.reader.tasks else "column"


class LongReader(Reader):
    """
    A file in long form, with a column of labels for each task; see `widen`.

    :param task: The column that names the task of each row.
    :param value: The column with the label.
    :param ignore: Columns that are left out before rows are merged.
    """

    name: ClassVar[str] = "long form"
    citation: ClassVar[str] = "https://doi.org/10.18637/jss.v059.i10"
    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: Source, task: str, value: str, ignore: Collection[str]) -> None:
        self.source, self.task, self.value, self.ignore = source, task, value, ignore
        self.text: set[str] = set()

    def columns(self, path: Path) -> list[str]:
        known = (self.task, self.value)
        return [*(name for name in self.source.columns() if name not in known), *self.tasks]

    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        self.text = {name for name in text if name not in self.tasks}
        return self._wide.table

    def place(self, path: Path, row: int) -> str:
        return self.source.place(int(self._wide.rows[row]))

    @cached_property
    def tasks(self) -> list[str]:
        """The names of the tasks, in order of appearance."""
        words = self.source.read([self.task])[self.task].unique().to_pylist()
        return [word for word in words if word is not None and parse_category(word)]

    @cached_property
    def _wide(self) -> Widened:
        own = [self.task, self.value, *self.text]
        table = self.source.read([name for name in self.source.columns() if name in own])
        ignored = [name for name in table.column_names if name in self.ignore]
        table = table.drop_columns(ignored)
        return widen(table, self.task, self.value, self.source)
