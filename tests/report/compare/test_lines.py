from collections.abc import Callable
from pathlib import Path

from automtl.plugins import Plugins
from automtl.report.compare.comparison import Comparison
from automtl.report.compare.lines import MAX_ROWS, lines
from automtl.report.compare.read import read_sides

Folder = Callable[..., Path]


def test_the_terminal_gets_the_beginning_of_long_tables(folder: Folder, plugins: Plugins) -> None:
    many = {f"t{number:02}": 1.0 for number in range(MAX_ROWS + 5)}
    found = Comparison.of(read_sides([folder(name, many) for name in "xyz"]), plugins)
    told = lines(found)
    assert "and 5 more, which are on the page" in told
    assert sum(line.startswith("t") and line[1:3].isdigit() for line in told) == 4 * MAX_ROWS
    assert any("z is as good as x" in line for line in told)
