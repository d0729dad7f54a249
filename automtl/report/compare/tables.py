"""The tables of a comparison, for a terminal and for a page."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite, isnan
from typing import Any

from automtl.report import findings
from automtl.report.compare.comparison import Comparison, Difference
from automtl.report.compare.side import SIZE, SPENT, Side
from automtl.report.leaderboard import percent, shown
from automtl.report.tables import Cell, Table, number

LONG = 60  # letters of a setting, from which on it is folded


def difference_table(comparison: Comparison, other: Side, *, every: bool) -> Table:
    """
    The metrics of ``other`` beside those of the first.

    :param every: Of every metric, or only of those that define gains.
    """
    found = [one for one in comparison.differences(other) if every or one.primary]
    names = [comparison.first.name, other.name]
    head = ["task", "metric", *names, "difference", "error smaller by", "conclusion"]
    caption = f"{other.name} against {comparison.first.name}, on test"
    if every:
        caption += ": all metrics"
    return Table(caption, head, [_difference_row(one) for one in found])


def _difference_row(one: Difference) -> list[Cell]:
    value = one.b.value - one.a.value
    return [
        Cell(one.task),
        Cell(one.metric),
        number(shown(one.a.value)),
        number(shown(one.b.value)),
        number("undefined" if isnan(value) else f"{value:+.4g}"),
        Cell(_share(one), f"number {tone(one)}"),
        Cell(one.conclusion),
    ]


def tone(one: Difference) -> str:
    """``"better"``, ``"worse"`` or ``"unsure"``, which what cannot be compared is, too."""
    return one.conclusion if one.conclusion in ("better", "worse") else "unsure"


def overview_table(comparison: Comparison) -> Table:
    """The metric that defines a task's gain, in all folders."""
    head = ["task", "metric", *(side.name for side in comparison.sides)]
    rows = []
    for name in comparison.tasks:
        owners = [side.tasks[name] for side in comparison.sides if name in side.tasks]
        for metric in dict.fromkeys(owner.metric for owner in owners):
            cells = (_score(side, name, metric) for side in comparison.sides)
            rows.append([Cell(name), Cell(metric), *map(number, cells)])
    return Table("The delivered models on test", head, rows)


def gain_table(comparison: Comparison) -> Table:
    """What each folder's winner gains over a model per task in the same folder."""
    rows = [
        [Cell(name), *(_gain(side, name) for side in comparison.sides)] for name in comparison.tasks
    ]
    means = [Cell(percent(side.mean_gain), "number") for side in comparison.sides]
    head = ["task", *(side.name for side in comparison.sides)]
    caption = "Gain on test over a model per task of the same search"
    return Table(caption, head, [*rows, [Cell("mean of its tasks"), *means]])


def cost_table(comparison: Comparison) -> Table:
    """What each search spent, and what its model takes."""
    rows = [
        [Cell(name), *(number(_cost(name, side.costs[name])) for side in comparison.sides)]
        for name in (*SPENT, *SIZE)
    ]
    return Table("Costs", ["cost", *(side.name for side in comparison.sides)], rows)


def data_table(comparison: Comparison) -> Table:
    """Which data each folder is about."""
    rows = [
        [
            Cell(side.name),
            Cell(str(side.folder)),
            Cell(", ".join(side.digests)),
            number(" / ".join(f"{n:,}" for n in side.n_rows)),
        ]
        for side in comparison.sides
    ]
    caption = "The folders, with rows to train / to choose / to test"
    return Table(caption, ["name", "folder", "digest", "rows"], rows)


def config_table(comparison: Comparison) -> Table:
    """What differs in the configurations."""
    found = {side.name: dict(_flat(side.config)) for side in comparison.sides}
    return _differing("Settings that differ", found)


def settings_table(comparison: Comparison) -> Table:
    """What differs in the hyperparameters of the winners; cross-validations have several."""
    found = {side.name: side.settings for side in comparison.sides if side.settings}
    return _differing("Hyperparameters of the winners that differ", found)


def _differing(caption: str, found: Mapping[str, Mapping[str, str]]) -> Table:
    """A column for each folder, by its name, and a row for each setting that differs."""
    names = sorted({name for known in found.values() for name in known})
    rows = [
        [Cell(name), *(_setting(known.get(name, "–")) for known in found.values())]
        for name in names
        if len({known.get(name) for known in found.values()}) > 1
    ]
    return Table(caption, ["setting", *found], rows)


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a configuration by their dotted keys; the run's own name is no setting."""
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif prefix or key != "name":
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def _setting(value: str) -> Cell:
    return Cell(value, "setting long" if len(value) > LONG else "setting")


def _score(side: Side, task: str, metric: str) -> str:
    if task not in side.tasks or metric not in side.tasks[task].scores:
        return "–"
    return shown(side.tasks[task].scores[metric].value)


def _gain(side: Side, task: str) -> Cell:
    if task not in side.tasks:
        return number("–")
    gain = side.tasks[task].gain
    return Cell(percent(gain), f"number {findings.tone(gain)}")


def _share(one: Difference) -> str:
    """By how much the error is smaller: on other rows, the interval would not tell their luck."""
    known = one.comparable and isfinite(one.smaller.mean)
    return percent(one.smaller) if known else "–"


def _cost(name: str, value: float) -> str:
    if isnan(value):
        return "unknown"
    if name == "time":
        return findings.duration(value)
    return f"{value:,.2f}" if name == "milliseconds a row" else f"{value:,.1f}".removesuffix(".0")
