"""The task graph as an SVG drawing: from the input through the stages to the heads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TypeAlias

from automtl.core.graph import Node, TaskGraph
from automtl.report.findings import listing
from automtl.report.leaderboard import sharing
from automtl.report.svg import element, label, picture, shorten, words

ROW, HEADER, GAP, TOP = 22, 20, 10, 30  # heights in pixels
BOX, INPUT, SPACE = 164, 60, 48  # widths in pixels
LETTERS = 19  # that fit a box
NAMED = 12  # tasks that a tooltip names
Told: TypeAlias = Mapping[tuple[int, tuple[str, ...]], Sequence[str]]
NOTHING: Told = {}


@dataclass(frozen=True)
class Box:
    """
    A node in its place.

    :param number: Its column: 0 for the first stage.
    :param tasks: From top to bottom.
    :param top: Its upper edge.
    """

    node: Node
    number: int
    tasks: tuple[str, ...]
    top: float

    @property
    def left(self) -> float:
        return INPUT + SPACE + self.number * (BOX + SPACE)

    @property
    def header(self) -> int:
        """The height of the line that names the primitive: only a shared node has one."""
        return HEADER if len(self.tasks) > 1 else 0

    @property
    def height(self) -> float:
        return self.header + ROW * len(self.tasks)

    def row(self, task: str) -> float:
        """The middle of the row of ``task``."""
        return self.top + self.header + ROW * (self.tasks.index(task) + 0.5)


def draw_graph(graph: TaskGraph, told: Told = NOTHING) -> str:
    """
    One column a stage and one box a node, with its tasks and, where several meet, its primitive;
    one line a task from the input to its head, and an arrow for each cascade edge. A keyboard
    reaches each box, and its tooltip says more.

    :param told: The lines that tooltips have beside stage and tasks, by stage, counted from 0, and
        the node's tasks; the stage behind the last one is that of the heads.
    """
    columns = place(graph)
    height = max(box.top + box.height for column in columns for box in column) + GAP
    width = columns[-1][0].left + BOX + (24 + 8 * len(graph.cascades) if graph.cascades else 4)
    body = [_heading(columns, len(graph.stages)), _input(height)]
    body += [_edge(task, before, after) for task, before, after in _steps(graph, columns)]
    body += [_box(box, len(graph.stages), told) for column in columns for box in column]
    heads = {task: box for box in columns[-1] for task in box.tasks}
    body += [_cascade(edge, heads, lane) for lane, edge in enumerate(graph.cascades)]
    spoken = ". ".join(sharing(graph))
    return picture(width, height, "The task graph", spoken, "".join(body), role="group")


def place(graph: TaskGraph) -> list[list[Box]]:
    """The boxes of each stage and, last, of the heads. None overlaps another."""
    order = {task: rank for rank, task in enumerate(task_order(graph))}
    stages = [*graph.stages, tuple(Node((task,)) for task in graph.tasks)]
    columns = [_stack(number, stage, order) for number, stage in enumerate(stages)]
    tallest = max(column[-1].top + column[-1].height for column in columns)
    return [_centred(column, tallest) for column in columns]


def task_order(graph: TaskGraph) -> list[str]:
    """
    The tasks from top to bottom: those that share a node of the first stage lie together, within
    it those that share a node of the second, and so on. So the lines of a tree do not cross.
    """
    tasks = list(graph.tasks)
    for stage in reversed(graph.stages):
        of = {task: node.tasks for node in stage for task in node.tasks}
        rank = {task: place for place, task in enumerate(tasks)}
        middle = {node.tasks: fmean(rank[task] for task in node.tasks) for node in stage}
        tasks.sort(key=lambda task: (middle[of[task]], of[task], rank[task]))
    return tasks


def _stack(number: int, stage: Sequence[Node], order: Mapping[str, int]) -> list[Box]:
    """The nodes below each other, by the mean rank of their tasks."""
    column, top = [], float(TOP)
    for node in sorted(stage, key=lambda node: fmean(order[task] for task in node.tasks)):
        box = Box(node, number, tuple(sorted(node.tasks, key=order.__getitem__)), top)
        column.append(box)
        top += box.height + GAP
    return column


def _centred(column: list[Box], tallest: float) -> list[Box]:
    shift = (tallest - column[-1].top - column[-1].height) / 2
    return [Box(box.node, box.number, box.tasks, box.top + shift) for box in column]


def _steps(graph: TaskGraph, columns: list[list[Box]]) -> list[tuple[str, Box | None, Box]]:
    """Each task's way, step by step; the first one is from the input, which is None."""
    found: list[tuple[str, Box | None, Box]] = []
    for task in graph.tasks:
        path = [next(box for box in column if task in box.tasks) for column in columns]
        found += [(task, None, path[0]), *((task, a, b) for a, b in pairwise(path))]
    return found


def _heading(columns: list[list[Box]], n_stages: int) -> str:
    names = [*(f"stage {number}" for number in range(1, n_stages + 1)), "heads"]
    return "".join(
        label(name, column[0].left + BOX / 2, 18, "axis", "middle")
        for name, column in zip(names, columns, strict=True)
    )


def _input(height: float) -> str:
    box = element("rect", x=2, y=TOP, width=INPUT - 2, height=height - TOP - GAP, rx=5)
    return box + label("input", INPUT / 2 + 1, (height + TOP - GAP) / 2 + 4, "name", "middle")


def _edge(task: str, before: Box | None, after: Box) -> str:
    end, x2 = after.row(task), after.left
    start, x1 = (end, INPUT) if before is None else (before.row(task), before.left + BOX)
    middle = (x1 + x2) / 2
    curve = (
        f"M{x1:.1f} {start:.1f}C{middle:.1f} {start:.1f} {middle:.1f} {end:.1f} {x2:.1f} {end:.1f}"
    )
    return element("path", d=curve, class_="edge")


def _box(box: Box, n_stages: int, told: Told) -> str:
    """A node: its frame, its primitive if it is shared, and its tasks."""
    where = f"stage {box.number + 1}" if box.number < n_stages else "head"
    shared = len(box.tasks) > 1
    style = "shared" if shared else "alone" if box.number < n_stages else "head"
    title = f"{where}: {listing(box.tasks, NAMED)}" + (
        f" share ({box.node.primitive})" if shared else ""
    )
    more = told.get((box.number, box.node.tasks), ())
    parts = [
        element("title", "\n".join(map(words, [title, *more]))),
        element("rect", x=box.left, y=box.top, width=BOX, height=box.height, rx=5, class_=style),
    ]
    if shared:
        name = shorten(box.node.primitive, LETTERS)
        parts.append(label(name, box.left + BOX / 2, box.top + 15, "primitive", "middle"))
    parts += [
        label(shorten(task, LETTERS), box.left + 8, box.row(task) + 4, "name") for task in box.tasks
    ]
    return element("g", "".join(parts), tabindex="0", role="img")


def _cascade(edge: tuple[str, str], heads: Mapping[str, Box], lane: int) -> str:
    """An arrow from the giver's head to the receiver's, in a lane of its own to the right."""
    giver, taker = edge
    x, start, end = (
        heads[giver].left + BOX,
        heads[giver].row(giver) + 3,
        heads[taker].row(taker) - 3,
    )
    far = x + 16 + 8 * lane
    line = element("path", d=f"M{x} {start:.1f}H{far}V{end:.1f}H{x + 6}", class_="cascade")
    tip = element("path", d=f"M{x} {end:.1f}l8 -4v8z", class_="tip")
    return element(
        "g", element("title", words(f"{taker} reads what {giver} predicts")) + line + tip
    )
