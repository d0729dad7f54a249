"""A comparison as one page that needs no network."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from automtl.core.graph import TaskGraph
from automtl.errors import RunError
from automtl.report.compare import tables, words
from automtl.report.compare.comparison import Comparison, Difference
from automtl.report.compare.side import Side
from automtl.report.findings import counted, listing
from automtl.report.graph_svg import draw_graph
from automtl.report.leaderboard import percent, sharing
from automtl.report.page import Page, page_html
from automtl.report.parts import Folded, Items, Part, Pictures, Section, Text
from automtl.report.pictures.picture import Picture
from automtl.report.svg import Whisker, dots_and_whiskers
from automtl.report.tables import Table
from automtl.run import write_whole

MANY = 30  # tasks, from which on the chart of their differences is folded

HOW_TO_READ = (
    "Values and their difference are of the delivered models. The share by which the error is "
    "smaller is between the means over the winners' seeds, or over folds, and +5 % is an error "
    "smaller by 5 %. Intervals are 95 %: over seeds, the noise of training (Welch); over folds of "
    "the same rows, compared fold by fold (Student's t), and too narrow, as folds share training "
    "rows. The error that it is a share of is taken as exact."
)
ON_GAINS = (
    "Each gain is over the single-task anchor of the same search, which had its own luck and "
    "budget: a larger gain here is not a better model."
)
ON_COSTS = (
    "1 J is one training of the all-shared anchor of that search. Of a cross-validation, what was "
    "spent is the sum over folds, and the size of the model their mean. The milliseconds were "
    "measured in PyTorch with one thread, when it was trained."
)


def write_page(comparison: Comparison, file: Path) -> None:
    """
    Writes the page.

    :raises RunError: If it cannot be written.
    """
    try:
        write_whole(file, compare_html(comparison))
    except OSError as error:
        raise RunError(f"{file}: cannot be written: {error.strerror}.") from None


def compare_html(comparison: Comparison) -> str:
    """The page; see `lines` for the same as text."""
    names = [side.name for side in comparison.sides]
    return page_html(
        Page(
            title=f"{listing(names)} compared",
            lead=f"What {names[0]} delivered, and what {listing(names[1:])} did, side by side.",
            finding=_results(comparison),
            sections=(
                _data(comparison),
                _models(comparison),
                _gains(comparison),
                _graphs(comparison),
                _costs(comparison),
                _settings(comparison),
            ),
        )
    )


def _results(comparison: Comparison) -> str:
    return " ".join(words.on_result(comparison, other) for other in comparison.others)


def _data(comparison: Comparison) -> Section:
    parts: list[Part] = [Items(words.on_data(comparison)), tables.data_table(comparison)]
    return Section("data", "Can they be compared?", words.on_rows(comparison), parts)


def _models(comparison: Comparison) -> Section:
    parts: list[Part] = []
    if len(comparison.sides) > 2:
        parts.append(tables.overview_table(comparison))
    for other in comparison.others:
        parts += _against(comparison, other)
    notes = [HOW_TO_READ, words.on_chance(comparison)]
    parts += [Text(note, "note") for note in notes if note]
    return Section("models", "Which is better on which task?", _results(comparison), parts)


def _against(comparison: Comparison, other: Side) -> Iterator[Part]:
    chart = _chart(comparison, other)
    if chart is not None:
        pictures = Pictures([chart])
        n_tasks = len(words.primary(comparison, other))
        yield Folded(chart.title, [pictures]) if n_tasks > MANY else pictures
    yield tables.difference_table(comparison, other, every=False)
    every = tables.difference_table(comparison, other, every=True)
    yield Folded(every.caption, [every])


def _gains(comparison: Comparison) -> Section:
    found = ", ".join(f"{percent(side.mean_gain)} in {side.name}" for side in comparison.sides)
    return Section(
        "gains",
        "What did sharing gain in each?",
        f"The mean gain on test over a model per task is {found}.",
        [tables.gain_table(comparison), Text(ON_GAINS, "note")],
    )


def _graphs(comparison: Comparison) -> Section:
    graphs = [graph for side in comparison.sides for graph in side.graphs]
    different = len(set(graphs))
    finding = (
        f"All {len(graphs)} winners have the same graph."
        if different == 1
        else f"The {len(graphs)} winners have {different} different graphs."
    )
    found = [line for other in comparison.others for line in words.on_graphs(comparison, other)]
    parts: list[Part] = [Items(found)] if found else []
    return Section(
        "graphs", "Where do the tasks share in each?", finding, [*parts, *_drawn(comparison)]
    )


def _drawn(comparison: Comparison) -> Iterator[Part]:
    """The graphs of searches, each drawn once; those of folds as text."""
    names: dict[TaskGraph, list[str]] = {}
    for side in comparison.sides:
        if not side.folds:
            names.setdefault(side.graphs[0], []).append(side.name)
    if names:
        pictures = [
            Picture(listing(of), draw_graph(graph), "", ". ".join(sharing(graph)))
            for graph, of in names.items()
        ]
        yield Pictures(pictures, wide=True)
    for side in comparison.sides:
        if side.folds:
            lines = [f"fold {number}: {graph}" for number, graph in enumerate(side.graphs, start=1)]
            yield Folded(f"The graphs of the folds of {side.name}", [Items(lines)])


def _costs(comparison: Comparison) -> Section:
    sizes = [side.costs["parameters"] for side in comparison.sides]
    least = min(comparison.sides, key=lambda side: side.costs["parameters"])
    finding = (
        f"All models have {sizes[0]:,.0f} parameters."
        if len({*sizes}) == 1
        else f"The smallest model is that of {least.name}, of {min(sizes):,.0f} parameters."
    )
    parts: list[Part] = [tables.cost_table(comparison), Text(ON_COSTS, "note")]
    return Section("costs", "What did they cost?", finding, parts)


def _settings(comparison: Comparison) -> Section:
    found: list[Table] = [tables.config_table(comparison), tables.settings_table(comparison)]
    shown = [table for table in found if table.rows]
    count = sum(len(table.rows) for table in found[:1])
    finding = (
        "The configurations are the same, but for the name."
        if not count
        else f"The configurations differ in {counted(count, 'setting')}."
    )
    return Section("settings", "How were they set?", finding, shown)


def _chart(comparison: Comparison, other: Side) -> Picture | None:
    """By how much the error of ``other`` is smaller; None if there is no difference to be shown."""
    found = [one for one in words.primary(comparison, other) if _shown(one)]
    if all(one.conclusion == "the same" for one in found):
        return None
    title = f"How much smaller the error of {other.name} is than that of {comparison.first.name}"
    spoken = "; ".join(f"{one.task} {percent(one.smaller)}" for one in found)
    axis = "error on test smaller by, in %; right of zero is better"
    picture = dots_and_whiskers([_whisker(one) for one in found], title, spoken, axis)
    sentence = words.on_result(comparison, other) if len(comparison.others) > 1 else ""
    return Picture(title, picture, sentence, spoken)


def _shown(one: Difference) -> bool:
    return one.comparable and isfinite(one.smaller.mean)


def _whisker(one: Difference) -> Whisker:
    share, half = one.smaller.mean, one.smaller.half_width or 0.0
    return Whisker(one.task, share, share - half, share + half, tables.tone(one))
