"""The rows of a file of any other format that a reader is plugged in for, to predict from."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from automtl.data.features.infer import to_column
from automtl.data.files.source import Source, open_source
from automtl.deploy.rows.cells import Chunk
from automtl.deploy.schema import Input
from automtl.plugins import Plugins, load_plugins


def column_names(path: Path) -> list[str]:
    """
    The names of the columns.

    :raises DataError: If no reader is there for the file, or it is not of its format.
    """
    return open_source(path, _plugins()).columns()


def read_chunks(path: Path, inputs: Sequence[Input], size: int) -> Iterator[Chunk]:
    """
    The columns ``inputs``, at most ``size`` rows at a time. The file is read as a whole; columns
    that are mostly zero are held without zeros.

    :raises DataError: If a value is not of its column's kind.
    """
    source: Source = open_source(path, _plugins())
    table = source.read([column.name for column in inputs if column.kind.is_strings])
    columns = {i.name: to_column(table[i.name], i.kind, source, i.name) for i in inputs}
    for start in range(0, table.num_rows, size):
        end = min(start + size, table.num_rows)
        rows = {name: column.at(slice(start, end)) for name, column in columns.items()}
        yield Chunk(rows, end / table.num_rows)


@cache
def _plugins() -> Plugins:
    return load_plugins()
