"""The report: one page that needs no network and no script, with the evidence of a run."""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from math import isfinite
from typing import Any

from jinja2 import Environment, StrictUndefined

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.plugins import Plugins
from automtl.report import data_tables, decisions, findings
from automtl.report.card import command_again
from automtl.report.citations import citations
from automtl.report.findings import Pair, tone
from automtl.report.graph_svg import draw_graph
from automtl.report.leaderboard import percent, sharing, shown, verdict
from automtl.report.metrics import column_tables, metric_tables
from automtl.report.summary import Row, Summary, TaskSummary
from automtl.report.svg import Line, Spot, Whisker, dots_and_whiskers, line_chart, scatter
from automtl.report.tables import Cell, Chart, Table
from automtl.report.tasks import about_tasks
from automtl.report.transfer import in_percent, transfer
from automtl.search.entry import Estimate

MAX_ROWS = 200  # of the leaderboard; the anchors are always shown
MAX_COLUMNS = 6  # tasks with a column of their own in the leaderboard
MAX_MATRIX = 12  # tasks, up to which the affinity is a matrix; behind it, the strongest pairs
MAX_PAIRS = 12  # of the strongest, a stage
MANY = 12  # curves or rows, from which on they are folded
MANY_COLUMNS = 30  # columns of a task, from which on their table is folded
LONG = 100  # letters of a graph, from which on it is folded


def report_html(
    summary: Summary,
    plugins: Plugins,
    curves: Mapping[str, Sequence[Mapping[str, Any]]],
    data: Mapping[str, Any] | None = None,
) -> str:
    """
    The report of a run as one HTML page.

    :param plugins: Where the citations come from.
    :param curves: The ``curves`` of trials, as the run folder keeps them, by the trial's key;
        those of the exported trial are shown.
    :param data: The report of the data, as `automtl.data.describe.data_report` makes it.
    """
    trained = curves.get(summary.shown, [])
    graph = TaskGraph.from_json(summary.graph)
    template = files("automtl.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return page.from_string(template).render(
        summary=summary,
        findings=findings,
        graph=graph,
        sharing=sharing(graph),
        trained=trained,
        facts=_facts(summary),
        gains_chart=_gains_chart(summary),
        gains_table=_gains_table(summary),
        about_tasks=about_tasks(summary),
        metric_tables=metric_tables(summary),
        column_tables=column_tables(summary),
        many=MANY,
        few=MANY_COLUMNS,
        graph_svg=draw_graph(graph),
        affinity_tables=_affinity_tables(summary.affinity, str),
        posterior_tables=_affinity_tables(summary.posterior, in_percent),
        decisions=decisions,
        guard=decisions.on_guard(summary),
        transfer=transfer(summary.posterior),
        front_charts=_front_charts(summary),
        front_table=_front_table(summary),
        members=decisions.on_members(summary),
        board=_board(summary),
        hidden=len(summary.rows) > MAX_ROWS,
        shown=MAX_ROWS,
        loss_charts=_loss_charts(trained),
        data=data,
        data_tables=data_tables,
        settings=_settings(summary),
        failures=_failures(summary),
        citations=_citations(summary, plugins),
        command=command_again(summary),
    )


def _facts(summary: Summary) -> list[tuple[str, str]]:
    """The few numbers on top."""
    size = summary.exported.size
    return [
        ("tasks", str(len(summary.tasks))),
        ("mean gain on test", percent(summary.test_gains[summary.winner.digest])),
        ("parameters", f"{summary.parameters:,}"),
        ("operations a row", f"{summary.flops:,}"),
        ("file", f"{size / 1024:,.0f} KiB" if size < 2**20 else f"{size / 2**20:,.1f} MiB"),
        ("trials", f"{summary.trials:,}"),
        ("cost", "unknown" if summary.cost_j is None else f"{summary.cost_j:,.1f} J"),
        ("time", findings.duration(summary.seconds)),
    ]


def _gains_chart(summary: Summary) -> str:
    """Nothing where all gains are zero by definition, or none is defined."""
    whiskers = [
        _whisker(task.name, task.test_gain)
        for task in summary.tasks
        if isfinite(task.test_gain.mean)
    ]
    if summary.winner.anchor == "single-task" or not whiskers:
        return ""
    spoken = "; ".join(f"{task.name} {percent(task.test_gain)}" for task in summary.tasks)
    axis = "gain on test in %; right of zero is better"
    return dots_and_whiskers(whiskers, "Gain on test of each task", spoken, axis)


def _whisker(name: str, gain: Estimate) -> Whisker:
    return Whisker(name, gain.mean, *_ends(gain), tone(gain))


def _ends(gain: Estimate) -> tuple[float, float]:
    """The ends of an interval; both are the mean where there is none."""
    half = gain.half_width or 0.0
    return gain.mean - half, gain.mean + half


def _gains_table(summary: Summary) -> Table:
    head = ["task", "kind", "metric", "exported", "winner", "single-task", "gain on test",
            "gain on validation", "conclusion"]  # fmt: skip
    rows = [
        [
            *(Cell(text) for text in (task.name, task.kind, task.metric)),
            *(Cell(text, "number") for text in _metric(task, task.metric)),
            _gain(task.test_gain),
            Cell(percent(task.validation_gain), "number"),
            Cell(verdict(summary, task)),
        ]
        for task in summary.tasks
    ]
    return Table("Each task on test, by the metric that defines its gain", head, rows)


def _metric(task: TaskSummary, metric: str) -> list[str]:
    """A metric of the exported network, and the means of the winner and of the anchor."""
    return [shown(found[metric]) for found in (task.test, task.winner_test, task.anchor_test)]


def _gain(gain: Estimate) -> Cell:
    return Cell(percent(gain), f"number {tone(gain)}")


def _affinity_tables(affinity: Affinity | None, show: Callable[[Pair], str]) -> list[Table]:
    """
    A table a stage.

    :param show: Writes a pair's affinity.
    """
    if affinity is None or len(affinity.tasks) < 2:
        return []
    make = _matrix if len(affinity.tasks) <= MAX_MATRIX else _strongest
    found = list(findings.pairs(affinity))
    largest = max((abs(pair.mean) for pair in found), default=0.0)
    return [
        make(stage, affinity.tasks, [pair for pair in found if pair.stage == stage], largest, show)
        for stage in range(1, len(affinity.mean) + 1)
    ]


def _matrix(
    stage: int,
    tasks: Sequence[str],
    found: Sequence[Pair],
    largest: float,
    show: Callable[[Pair], str],
) -> Table:
    by_pair = {(pair.receiver, pair.helper): _affinity_cell(pair, largest, show) for pair in found}
    rows = [
        [Cell(receiver), *(by_pair.get((receiver, helper), Cell("–", "none")) for helper in tasks)]
        for receiver in tasks
    ]
    return Table(f"Stage {stage}: affinity ± standard error", ["receiver \\ helper", *tasks], rows)


def _strongest(
    stage: int,
    tasks: Sequence[str],
    found: Sequence[Pair],
    largest: float,
    show: Callable[[Pair], str],
) -> Table:
    order = sorted(found, key=lambda pair: -abs(pair.mean))
    rows = [
        [Cell(pair.receiver), Cell(pair.helper), _affinity_cell(pair, largest, show)]
        for pair in order[:MAX_PAIRS]
    ]
    caption = (
        f"Stage {stage}: the {len(rows)} strongest of {len(found):,} pairs of {len(tasks)} tasks, "
        "affinity ± standard error; all are in the run folder"
    )
    return Table(caption, ["receiver", "helper", "affinity"], rows)


def _affinity_cell(pair: Pair, largest: float, show: Callable[[Pair], str]) -> Cell:
    """Coloured only where the sign is credible, in three strengths."""
    strength = min(3, 1 + int(3 * abs(pair.mean) / largest)) if pair.tone else ""
    return Cell(show(pair), f"number {pair.tone}{strength}")


def _front_table(summary: Summary) -> Table:
    units = [decisions.UNITS[name] for name in summary.against]
    head = ["candidate", "mean gain", *units, "harms", "graph"]
    rows = []
    for point in summary.front:
        digest, _, *numbers, harms, graph = decisions.front_row(point, summary.against)
        counts = (Cell(number, "number") for number in numbers)
        rows.append([Cell(digest), _gain(point.gain), *counts, Cell(harms), _graph(graph)])
    return Table("The Pareto front, on validation", head, rows)


def _front_charts(summary: Summary) -> list[Chart]:
    """A chart a cost."""
    return [_front_chart(summary, name) for name in summary.against if summary.front]


def _front_chart(summary: Summary, name: str) -> Chart:
    spots = []
    for point in summary.front:
        low, high = _ends(point.gain)
        spots.append(Spot(point.costs[name], point.gain.mean, low, high, tone(point.gain)))
    unit = decisions.UNITS[name]
    spoken = "; ".join(f"{s.x:,.4g} {unit}: {100 * s.y:+.1f} %" for s in spots)
    title = f"Mean gain against {unit}"
    return Chart(title, scatter(spots, title, spoken, (unit, "mean gain on validation in %")))


def _board(summary: Summary) -> Table:
    tasks = [task.name for task in summary.tasks]
    columns = tasks if len(tasks) <= MAX_COLUMNS else []
    shown = [row for row in summary.rows if row.rank <= MAX_ROWS or row.anchor]
    head = ["rank", "mean gain", *(columns or ["worst task"]), "seeds", "parameters", "candidate",
            "graph"]  # fmt: skip
    caption = "Candidates by their gain over a model per task, on validation"
    return Table(caption, head, [_board_row(row, columns) for row in shown])


def _board_row(row: Row, columns: Sequence[str]) -> list[Cell]:
    worst = min(row.gains, key=lambda name: row.gains[name].mean)
    gains = [_gain(row.gains[task]) for task in columns] or [
        Cell(f"{percent(row.gains[worst])} {worst}", tone(row.gains[worst]))
    ]
    mark = f" ({row.anchor} anchor)" if row.anchor else ""
    return [
        Cell(str(row.rank)),
        _gain(row.mean),
        *gains,
        Cell(str(row.seeds), "number"),
        Cell(f"{row.parameters:,}", "number"),
        Cell(f"{row.digest}{mark}", "candidate anchor" if row.anchor else "candidate"),
        _graph(row.graph),
    ]


def _graph(graph: str) -> Cell:
    return Cell(graph, "graph long" if len(graph) > LONG else "graph")


def _loss_charts(trained: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """A chart a task, in the order of the independent parts."""
    return [
        Chart(task, _loss_chart(curve, task, column))
        for curve in trained
        for column, task in enumerate(curve["tasks"])
    ]


def _loss_chart(curve: Mapping[str, Any], task: str, column: int) -> str:
    train, validation = ([row[column] for row in curve[part]] for part in ("train", "validation"))
    kept = curve["best"]
    spoken = (
        f"{len(train)} epochs; the kept one, {kept + 1}, has a training loss of {train[kept]:.4g} "
        f"and a validation loss of {validation[kept]:.4g}"
    )
    lines = [Line(train, "train"), Line(validation, "validation")]
    return line_chart(lines, kept, f"Losses of {task}", spoken)


def _settings(summary: Summary) -> Table:
    """A column for each group of tasks with the same settings."""
    groups = summary.settings
    names = sorted({name for _, values in groups for name in values})
    heads = [", ".join(tasks) for tasks, _ in groups] if len(groups) > 1 else ["value"]
    rows = [
        [Cell(name), *(Cell(str(values.get(name, "–")), "number") for _, values in groups)]
        for name in names
    ]
    return Table("Hyperparameters of the exported candidate", ["name", *heads], rows)


def _failures(summary: Summary) -> Table:
    counts = sorted(summary.failed.items(), key=lambda item: -item[1])
    rows = [
        [Cell(reason or "no reason given"), Cell(str(count), "number")] for reason, count in counts
    ]
    return Table("Trials that failed or were cut off", ["reason", "trials"], rows)


def _citations(summary: Summary, plugins: Plugins) -> Table:
    rows = [
        [Cell(name), Cell(url, link=url if url.startswith(("https://", "http://")) else "")]
        for name, url in citations(summary, plugins)
    ]
    return Table("What the exported model stands on", ["plugin", "citation"], rows)
