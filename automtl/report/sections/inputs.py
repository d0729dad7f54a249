"""What data went in, what was set aside, what it stands on, and how to do it again."""

from collections.abc import Iterator, Mapping
from typing import Any

from automtl.report import data_tables
from automtl.report.card import command_again
from automtl.report.found import Found
from automtl.report.parts import Code, Folded, Heading, Items, Part, Pictures, Section, Text
from automtl.report.summary import Summary
from automtl.report.tables import Cell, Table, number

TITLE = "What went in, and how to do it again?"
MANY = 12  # notes, or rows of a table, from which on they are folded
HOW_TO_READ = (
    "Blue: they go together; orange: one goes with the absence, or with small values, of the "
    "other; the stronger the colour, the more. It is the correlation of ranks or of 0 and 1; with "
    "classes, a correlation ratio or Cramér's V, which have no sign and are corrected for chance. "
    "A dash: too few training rows have both to tell. The numbers of all pairs are in data.json."
)


def section(found: Found) -> Section:
    """The data, the settings, the citations, and the command."""
    said = data_tables.on_data(found.data) if found.data else ""
    return Section("inputs", TITLE, said, list(_parts(found)))


def _parts(found: Found) -> Iterator[Part]:
    if found.data:
        yield from _on_data(found.data)
    if found.summary is not None:
        yield from _on_model(found.summary)
    yield Heading("To reproduce it")
    yield Code(command_again(found.folder))
    yield Text("With one worker and a budget of trials, the same seed gives the same model.")
    if found.summary is not None:
        yield Text(_on_export(found.summary))
    if found.config:
        yield Folded("The configuration, with all defaults spelled out", [Code(found.config)])


def _on_data(data: Mapping[str, Any]) -> Iterator[Part]:
    lines = data_tables.suspicions(data)
    if lines:
        yield Items(lines)
    rows = data["rows"]
    yield Text(
        f"{rows['train']:,} rows to train on, {rows['validation']:,} to choose on and "
        f"{rows['test']:,} to test on."
    )
    notes = list(data["notes"])
    if notes:
        yield Folded("What was inferred and what was set aside", [Items(notes)], len(notes) <= MANY)
    for table in (data_tables.target_table(data), data_tables.input_table(data)):
        yield Folded(table.caption, [table], len(table.rows) <= MANY)
    pictures = data_tables.heat_pictures(data)
    if pictures:
        yield Heading("What goes together")
        yield Pictures(pictures, wide=True)
        yield Text(HOW_TO_READ, "note")
        pairs = data_tables.pair_table(data)
        yield Folded(pairs.caption, [pairs])
    if data_tables.apart(data):
        yield Text(data_tables.apart(data))


def _on_model(summary: Summary) -> Iterator[Part]:
    yield Heading("Settings")
    settings = _settings(summary)
    yield Folded(settings.caption, [settings]) if len(settings.head) > 3 else settings
    yield Heading("What it stands on")
    yield _citations(summary)


def _settings(summary: Summary) -> Table:
    """A column for each group of tasks with the same settings."""
    groups = summary.settings
    names = sorted({name for _, values in groups for name in values})
    heads = [", ".join(tasks) for tasks, _ in groups] if len(groups) > 1 else ["value"]
    rows = [
        [Cell(name), *(number(str(values.get(name, "–"))) for _, values in groups)]
        for name in names
    ]
    return Table("Hyperparameters of the exported candidate", ["name", *heads], rows)


def _citations(summary: Summary) -> Table:
    rows = [
        [Cell(name), Cell(url, link=url if url.startswith(("https://", "http://")) else "")]
        for name, url in summary.stands_on
    ]
    return Table("Plugins and methods of the exported model", ["plugin", "citation"], rows)


def _on_export(summary: Summary) -> str:
    differences = summary.exported.differences.values()
    largest = f"; the largest difference was {max(differences):.2g}" if differences else ""
    return (
        f"The exported file agreed with the network on {summary.exported.rows:,} test rows before "
        f"it was kept{largest}. The digest of the data is {summary.data_digest}."
    )
