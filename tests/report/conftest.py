from collections.abc import Callable, Sequence
from pathlib import Path

from pytest import fixture

from automtl.core.graph import TaskGraph
from automtl.deploy.export import ExportReport
from automtl.report.summary import Row, Summary, TaskSummary
from automtl.search.entry import Estimate


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
