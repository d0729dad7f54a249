"""How far a file is predicted, on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Watch = Callable[[int, float], None]  # is told the rows so far, and the share of the file


@contextmanager
def progress_bar() -> Iterator[Watch]:
    """What shows progress on stderr while the block lasts; nothing if that is no terminal."""
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    shown = sys.stderr.isatty()
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not shown
    ) as progress:
        bar = progress.add_task("", total=1.0, rows=0)
        yield lambda rows, share: progress.update(bar, completed=share, rows=rows)
