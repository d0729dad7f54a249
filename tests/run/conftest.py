"""A run folder, and trials for it."""

from collections.abc import Callable
from pathlib import Path

from pytest import fixture

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Trial
from automtl.run import RunFolder


@fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs" / "one", "name: one\n", {"digest": "d"})


@fixture
def trials(candidate: Callable[..., Candidate], ended: Callable[..., Trial]) -> list[Trial]:
    made = candidate(TaskGraph.all_shared(["größe", "sex"], 2))
    return [
        ended(made, {"größe": 0.5, "sex": 1 / 3}, seed)
        if seed != 1
        else ended(made, {}, seed, reason="ValueError: »no«\u2028\x85")
        for seed in range(3)
    ]
