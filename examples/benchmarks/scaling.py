"""
How long a searcher takes to propose and to be told, by the number of tasks and of finished trials.

    python examples/benchmarks/scaling.py [--searcher affinity] [--out results/scaling.md]

Gains are synthetic: each task has a talent for helping and a need of help, drawn at random, and
noise. Trees of 3 stages are drawn at random, the same for every searcher. A searcher is told all
finished trials and then asked and told in turns; the seconds are the median and the longest of
these turns, on one thread.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import psutil
import torch

from automtl.core.graph import HARD, TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import Options, SearchSpace
from automtl.errors import AutoMTLError
from automtl.plugins import load_plugins, pick

STAGES = 3
MOST_PARTS = 6  # into so many groups at most a group parts at each stage
TASKS = (5, 20, 100, 1_000)
TRIALS = (10, 100, 10_000)
HEADER = "| tasks | trials | propose, s | longest, s | update, s | told, s | memory, GiB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searcher", default="affinity")
    parser.add_argument("--tasks", type=int, nargs="+", default=TASKS)
    parser.add_argument("--trials", type=int, nargs="+", default=TRIALS)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/scaling.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        searcher = pick(load_plugins().searchers, "searcher", arguments.searcher)
    except AutoMTLError as error:
        parser.error(str(error))
    lines = [*_heading(arguments), HEADER, "|---" * HEADER.count(" | ") + "|---|"]
    print("\n".join(lines), flush=True)
    for n_tasks in arguments.tasks:
        for n_trials in arguments.trials:
            lines.append(_measured(searcher, n_tasks, n_trials, arguments.turns))
            print(lines[-1], flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("\n".join(lines) + "\n")


def _heading(arguments: argparse.Namespace) -> list[str]:
    return [
        f"`python examples/benchmarks/scaling.py --searcher {arguments.searcher}`, one thread, no "
        f"GPU. Synthetic gains, random trees of {STAGES} stages.",
        f"Proposing and updating: the median of {arguments.turns} turns after the trials were "
        f"told; longest: the longest proposal.",
        "",
    ]


def _measured(kind: type[Searcher], n_tasks: int, n_trials: int, turns: int) -> str:
    world = World(n_tasks)
    searcher = kind(world.problem)
    rng = Random(0)
    told = sum(_tell(searcher, graph, world) for graph in world.first(n_trials, rng))
    proposing, updating = [], []
    for _ in range(turns):
        began = time.perf_counter()
        graph = searcher.ask(rng).graph
        proposing.append(time.perf_counter() - began)
        updating.append(_tell(searcher, graph, world))
    seconds = (statistics.median(proposing), max(proposing), statistics.median(updating), told)
    memory = psutil.Process().memory_info().rss / 1024**3
    cells = [f"{n_tasks:,}", f"{n_trials:,}", *(f"{s:.4f}" for s in seconds), f"{memory:.2f}"]
    return f"| {' | '.join(cells)} |"


def _tell(searcher: Searcher, graph: TaskGraph, world: "World") -> float:
    """Tells what training ``graph`` would give; the seconds that took the searcher."""
    candidate, gains = searcher.problem.candidate(graph), world.gains(graph)
    began = time.perf_counter()
    searcher.tell(candidate, gains)
    return time.perf_counter() - began


class World:
    """A search problem with made-up gains."""

    def __init__(self, n_tasks: int) -> None:
        self.tasks = tuple(f"task_{number:04d}" for number in range(n_tasks))
        self.numbers = {task: number for number, task in enumerate(self.tasks)}
        self.rng = np.random.default_rng(0)
        self.need, self.talent = self.rng.normal(size=(2, STAGES, n_tasks, 3))
        primitives: dict[str, Options] = {HARD: {}}
        space = SearchSpace(STAGES, primitives, {"mlp": {}}, {"sum": {}}, {"constant": {}})
        self.problem = SearchProblem(space, self.tasks, space.default())

    def first(self, n: int, rng: Random) -> Iterator[TaskGraph]:
        """Both anchors, then random trees, one after another."""
        anchors = (TaskGraph.single_task, TaskGraph.all_shared)
        yield from (anchor(self.tasks, STAGES) for anchor in anchors)
        for _ in range(n - len(anchors)):
            yield self._tree(rng)

    def gains(self, graph: TaskGraph) -> dict[str, float]:
        """What each task gains: from the mean talent of whom it shares with, by its own need."""
        found = self.rng.normal(scale=0.01, size=len(self.tasks))
        for stage, nodes in enumerate(graph.stages):
            for node in nodes:
                members = [self.numbers[task] for task in node.tasks]
                if len(members) > 1:
                    given = self.talent[stage, members].mean(0)
                    found[members] += 0.02 * self.need[stage, members] @ given
        return dict(zip(self.tasks, found.tolist(), strict=True))

    def _tree(self, rng: Random) -> TaskGraph:
        """
        A tree in which each group parts at random. Unlike `random_tree` not every tree is equally
        likely, but a tree of 1,000 tasks is drawn at once.
        """
        stages, groups = [], [list(self.tasks)]
        for _ in range(STAGES):
            groups = [part for group in groups for part in _parted(group, rng)]
            stages.append(groups)
        return TaskGraph.from_groups(stages)


def _parted(group: list[str], rng: Random) -> list[list[str]]:
    n_parts = rng.randint(1, min(MOST_PARTS, len(group)))
    parts: dict[int, list[str]] = {}
    for task in group:
        parts.setdefault(rng.randrange(n_parts), []).append(task)
    return list(parts.values())


if __name__ == "__main__":
    main()
