"""The reader: how a file becomes a table."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

import pyarrow as pa


class Reader(ABC):
    """Abstract base class of the readers of tables."""

    name: ClassVar[str]  # how messages refer to it
    citation: ClassVar[str]  # URL of the format's definition
    suffixes: ClassVar[tuple[str, ...]]  # the endings of the files it reads, in lower case

    @abstractmethod
    def columns(self, path: Path) -> list[str]:
        """
        The names of the columns, without reading the rows.

        :raises DataError: If the file is not of this format. The message begins with its path.
        """

    @abstractmethod
    def read(self, path: Path, text: Collection[str] = ()) -> pa.Table:
        """
        Reads the whole file.

        :param text: Columns to be read as text, exactly as it is written.
        :raises DataError: If the file is not of this format. The message begins with its path.
        """

    def place(self, path: Path, row: int) -> str:
        """How messages refer to the row ``row``, counted from 0, of a file that was read."""
        return f"row {row + 1}"
