from collections.abc import Callable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pytest import fixture

from automtl.core.graph import TaskGraph
from automtl.deploy.export import ExportReport
from automtl.report.found import Found
from automtl.report.summary import Row, Summary, TaskSummary
from automtl.search.entry import Estimate

VOID = {"meta", "input"}


class Parsed(HTMLParser):
    """What a page holds; fails where an element is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""  # but for styles and scripts
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data


@fixture
def parsed() -> type[Parsed]:
    """Reads a page."""
    return Parsed


@fixture
def found(summary: Callable[..., Summary]) -> Callable[..., Found]:
    """
    Makes what a folder holds at the end of a made-up search, from what `summary` takes; fields of
    the summary may be changed by ``but``, and those of what is found by name.
    """

    def make(
        tasks: Sequence[str] = ("a", "b"), but: dict[str, Any] | None = None, **more: Any
    ) -> Found:
        made = summary(tasks)
        gains = {row.digest: Estimate(0.0123, 0.0045) for row in made.rows}
        made = replace(made, **{"test_gains": gains, **(but or {})})
        known = {"affinity": made.affinity, "posterior": made.posterior}
        return Found(folder=made.folder, summary=made, **{**known, **more})

    return make


@fixture
def summary() -> Callable[..., Summary]:
    """Makes a summary of any number of tasks, made up."""
    return _summary


def _summary(
    tasks: Sequence[str] = ("a", "b"),
    *,
    anchors: Sequence[str] = ("", "all-shared", "single-task"),
    gain: Estimate | None = None,
) -> Summary:
    """One row of the leaderboard for each of ``anchors``; the first is the winner."""
    graph = TaskGraph.all_shared(tasks, 2)
    gain = gain or Estimate(0.031, 0.01)
    return Summary(
        folder=Path("/runs/two words"),
        rows=tuple(_row(rank, anchor, tasks, graph) for rank, anchor in enumerate(anchors, 1)),
        tasks=tuple(
            TaskSummary(
                task, "regression", "rmse", gain, gain,
                {"rmse": 1.25}, {"rmse": 1.5}, {"rmse": 1.75},
            )
            for task in tasks
        ),
        test_gains={},
        graph=graph.to_json(),
        hyperparameters={"block": "mlp", "balancer": "sum", "schedule": "cosine"},
        seed=0,
        parameters=1234567,
        flops=7654321,
        trials=24,
        failed={},
        seconds=12.0,
        affinity=None,
        floored=(),
        notes=("A note.",),
        n_rows=(600, 200, 100),
        data_digest="d1",
        exported=ExportReport(dict.fromkeys(tasks, 0.0), 100, 2048),
    )  # fmt: skip


def _row(rank: int, anchor: str, tasks: Sequence[str], graph: TaskGraph) -> Row:
    gains = {task: Estimate(0.01 * at - 0.02 * rank, 0.001) for at, task in enumerate(tasks)}
    mean = Estimate(0.05 - 0.01 * rank, None if rank % 2 else 0.02)
    return Row(rank, f"{rank:012}", anchor, 1 + rank % 3, mean, gains, 10**rank, str(graph))
