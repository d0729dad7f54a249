"""Where do the tasks share and part?"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from automtl.core.graph import TaskGraph
from automtl.report import findings
from automtl.report.found import Found
from automtl.report.graph_svg import draw_graph
from automtl.report.leaderboard import percent, sharing
from automtl.report.parts import Folded, Items, Part, Pictures, Section, Text
from automtl.report.pictures.picture import Picture
from automtl.search.entry import Estimate

TITLE = "Where do the tasks share and part?"
MANY = 12  # tasks, from which on their names stage by stage are folded
MOST = 8  # gains that a tooltip names
HOW_TO_READ = (
    "Each line is the path of one task from the input to its head. Where tasks lie in one box they "
    "share it, by the primitive that it names. A box says its size and the gains of its tasks "
    "where the mouse rests, or when the keyboard reaches it."
)


def section(found: Found) -> Section:
    """The task graph, drawn; while the search goes on, that of the best candidate so far."""
    if found.graph is None:
        return Section("graph", TITLE, "Not known yet: no candidate can be compared.")
    said = findings.on_sharing(found.graph, found.rows)
    if found.summary is None:
        said = f"In the best candidate so far: {said}"
    return Section("graph", TITLE, said, list(_parts(found, found.graph)))


def _parts(found: Found, graph: TaskGraph) -> Iterator[Part]:
    lines = sharing(graph)
    svg = draw_graph(graph, _told(found, graph))
    yield Pictures([Picture("The task graph", svg, "", ". ".join(lines))], wide=True)
    yield Text(HOW_TO_READ, "note")
    listed = Items(lines)
    yield Folded("Stage by stage", [listed]) if len(graph.tasks) > MANY else listed


def _told(found: Found, graph: TaskGraph) -> dict[tuple[int, tuple[str, ...]], list[str]]:
    """The size of each node, and the gains of its tasks."""
    nodes = [(at, node.tasks) for at, stage in enumerate(graph.stages) for node in stage]
    heads = [(len(graph.stages), (task,)) for task in graph.tasks]
    gains, where = _gains(found)
    told: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for place in [*nodes, *heads]:
        told[place] = [f"{found.sizes[place]:,} weights"] if place in found.sizes else []
        told[place] += _on_gains(place[1], gains, where)
    return told


def _gains(found: Found) -> tuple[Mapping[str, Estimate], str]:
    """The gain of each task, and on which part of the data that is."""
    if found.summary is not None:
        return {task.name: task.test_gain for task in found.summary.tasks}, "test"
    return found.rows[0].gains, "validation"


def _on_gains(tasks: Sequence[str], gains: Mapping[str, Estimate], where: str) -> Iterator[str]:
    if len(tasks) > 1:
        mean = fmean(gains[task].mean for task in tasks)
        yield f"mean gain on {where} {100 * mean:+.1f} %"
    for task in tasks[:MOST]:
        yield (
            f"{task}: {percent(gains[task])}"
            if len(tasks) > 1
            else (f"gain on {where} {percent(gains[task])}")
        )
    if len(tasks) > MOST:
        yield f"… and {len(tasks) - MOST} more"
