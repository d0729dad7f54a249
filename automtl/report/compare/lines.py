"""A comparison as text, for a terminal."""

from automtl.report.compare.comparison import Comparison
from automtl.report.compare.tables import (
    config_table,
    cost_table,
    data_table,
    difference_table,
    gain_table,
    overview_table,
)
from automtl.report.compare.words import on_chance, on_data, on_graphs, on_result
from automtl.report.leaderboard import aligned
from automtl.report.tables import Table

MAX_ROWS = 30  # of a table; the page has them all
MAX_LETTERS = 40  # of a cell


def lines(comparison: Comparison) -> list[str]:
    """What the page says, but for pictures and hyperparameters; of long tables the beginning."""
    found = [*_table(data_table(comparison)), *on_data(comparison), ""]
    if len(comparison.sides) > 2:
        found += [*_table(overview_table(comparison)), ""]
    for other in comparison.others:
        found += [*_table(difference_table(comparison, other, every=False))]
        found += [on_result(comparison, other), ""]
    found += [line for line in [on_chance(comparison)] if line]
    for table in (gain_table(comparison), cost_table(comparison), config_table(comparison)):
        found += [*_table(table), ""] if table.rows else []
    graphs = [line for other in comparison.others for line in on_graphs(comparison, other)]
    return [*found, *graphs]


def _table(table: Table) -> list[str]:
    rows = [[_short(cell.text) for cell in row] for row in table.rows[:MAX_ROWS]]
    more = len(table.rows) - len(rows)
    told = [f"and {more} more, which are on the page"] if more else []
    return [table.caption, *aligned([table.head, *rows]), *told]


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"
