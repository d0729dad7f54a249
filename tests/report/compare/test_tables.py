from collections.abc import Callable
from pathlib import Path

from automtl.plugins import Plugins
from automtl.report.compare import tables
from automtl.report.compare.comparison import Comparison
from automtl.report.compare.read import read_sides
from automtl.report.tables import Table

Folder = Callable[..., Path]


def texts(table: Table) -> list[list[str]]:
    assert all(len(row) == len(table.head) for row in table.rows)
    return [[cell.text for cell in row] for row in table.rows]


def compared(plugins: Plugins, *folders: Path) -> Comparison:
    return Comparison.of(read_sides(folders), plugins)


def test_metrics_stand_side_by_side(folder: Folder, plugins: Plugins) -> None:
    found = compared(plugins, folder("x"), folder("y", {"a": 1.0, "b": 2.5}))
    (other,) = found.others
    first, second = texts(tables.difference_table(found, other, every=False))
    assert first[:5] == ["a", "rmse", "2", "1", "-1"]
    assert first[5].startswith("+50.0 ± ")
    assert (first[6], second[6]) == ("better", "worse")
    table = tables.difference_table(found, other, every=False)
    assert ["better" in row[5].style for row in table.rows] == [True, False]
    assert [row[1] for row in texts(tables.difference_table(found, other, every=True))] == [
        "rmse", "r2", "rmse", "r2",
    ]  # fmt: skip


def test_a_task_that_a_folder_lacks_has_a_dash(folder: Folder, plugins: Plugins) -> None:
    found = compared(plugins, folder("x"), folder("y", {"b": 1.0}), folder("z"))
    assert texts(tables.overview_table(found)) == [
        ["a", "rmse", "2", "–", "2"],
        ["b", "rmse", "2", "1", "2"],
    ]
    assert texts(tables.gain_table(found))[0][2] == "–"


def test_only_what_differs_is_listed(folder: Folder, plugins: Plugins) -> None:
    other = folder("y", config="search: {trials: 48}\nignore: [id]")
    found = compared(plugins, folder("x"), other)
    assert texts(tables.config_table(found)) == [
        ["ignore", "–", '["id"]'],
        ["search.trials", "24", "48"],
    ]
    assert texts(tables.settings_table(found)) == []


def test_costs_are_in_words(folder: Folder, plugins: Plugins) -> None:
    found = compared(plugins, folder("x"), folder("y"))
    assert texts(tables.cost_table(found)) == [
        ["trials", "24", "24"],
        ["of them failed or cut off", "0", "0"],
        ["time", "12 s", "12 s"],
        ["J", "unknown", "unknown"],
        ["parameters", "1,234,567", "1,234,567"],
        ["operations a row", "7,654,321", "7,654,321"],
        ["file in KiB", "2", "2"],
        ["milliseconds a row", "0.25", "0.25"],
    ]
