"""A run and a task graph as HTML that a notebook shows in a cell, beside whatever else is there."""

from collections.abc import Sequence
from html import escape

import networkx as nx

from automtl.core.graph import TaskGraph
from automtl.report.graph_svg import draw_graph
from automtl.report.leaderboard import percent, shown, verdict
from automtl.report.summary import Summary

GRAPH = "task_graph"  # the attribute of a networkx graph that holds the task graph
# Colours follow the notebook's, dark or light; every rule is kept inside our own element.
STYLE = """<style>
.automtl svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; }
.automtl svg text { fill: currentColor; }
.automtl svg rect { fill: none; stroke: currentColor; stroke-opacity: .4; }
.automtl svg rect.shared { fill: #2f7fd1; fill-opacity: .2; }
.automtl svg path { fill: none; stroke: currentColor; stroke-opacity: .5; }
.automtl svg path.tip { fill: currentColor; }
.automtl table { border-collapse: collapse; margin: .5em 0; }
.automtl th, .automtl td { padding: .2em .8em .2em 0; text-align: left; }
</style>"""


class DrawnGraph(nx.DiGraph):  # type: ignore[type-arg]
    """A task graph as networkx has it, which a notebook draws."""

    def _repr_html_(self) -> str | None:
        """The drawing; None, for the usual text, of a graph that was changed since."""
        graph: TaskGraph | None = self.graph.get(GRAPH)
        if graph is None or set(graph.dag.edges) != set(self.edges):
            return None
        return _cell(draw_graph(graph))


def draw(graph: TaskGraph) -> DrawnGraph:
    """
    A task graph as a graph of networkx, nodes and edges as in `TaskGraph.dag`, that a notebook
    draws: a column a stage, a box a node, a line a task.

    >>> sorted(draw(TaskGraph.all_shared(["age", "sex"], 1)))
    ['head age', 'head sex', 'input', "stage 1: ('age', 'sex')"]
    """
    return DrawnGraph(graph.dag, **{GRAPH: graph})


def run_html(summary: Summary) -> str:
    """The result of a run: each task on test, where the tasks share, and what was exported."""
    test = summary.test_gains[summary.winner.digest]
    lead = (
        f"<b>{escape(summary.folder.name)}</b>: {summary.trials} trainings; mean gain on test over "
        f"a model per task {escape(percent(test))}; {summary.parameters:,} parameters"
    )
    head = ["task", "kind", "metric", "on test", "gain on test", "conclusion"]
    rows = [
        [
            task.name,
            task.kind,
            task.metric,
            shown(task.test[task.metric]),
            percent(task.test_gain),
            verdict(summary, task),
        ]
        for task in summary.tasks
    ]
    graph = draw_graph(TaskGraph.from_json(summary.graph))
    folder = f"<code>{escape(str(summary.folder))}</code>"
    return _cell(f"<p>{lead}</p>{_table(head, rows)}{graph}<p>{folder}</p>")


def _cell(body: str) -> str:
    return f'{STYLE}<div class="automtl">{body}</div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    return f"<table>{''.join(lines)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
