import numpy as np

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.samples import matrices_to_affinity
from automtl.report.affinity import MAX_MATRIX, MAX_PAIRS, affinity_lines, recommendation


def _affinity(n_tasks: int) -> Affinity:
    tasks = tuple(f"task{number:02}" for number in range(n_tasks))
    mean = np.random.default_rng(0).normal(size=(2, n_tasks, n_tasks))
    return matrices_to_affinity(mean, np.full_like(mean, 0.25), tasks, "made up")


def test_rows_receive_and_columns_help() -> None:
    affinity = _affinity(3)
    lines = affinity_lines(affinity)
    assert lines[0] == "stage 1"
    assert lines[1].split() == ["receiver", "\\", "helper", "task00", "task01", "task02"]
    cells = [cell.strip() for cell in lines[2].split("  ") if cell.strip()]
    expected = [
        f"{affinity.between(0, 'task00', other):+.2g} ± 0.2" for other in ("task01", "task02")
    ]
    assert cells == ["task00", "·", *expected]
    assert len({line.index("±") for line in lines[3:5]}) == 1


def test_every_stage_is_shown_and_the_cost() -> None:
    lines = affinity_lines(_affinity(3))
    assert [line for line in lines if line.startswith("stage")] == ["stage 1", "stage 2"]
    assert lines[-1].startswith("cost: 0 J")


def test_of_many_tasks_the_strongest_pairs_are_shown() -> None:
    affinity = _affinity(MAX_MATRIX + 1)
    lines = affinity_lines(affinity)
    assert f"the {MAX_PAIRS} strongest of 156 pairs of 13 tasks" in lines
    strongest = np.abs(affinity.mean[0]).max()
    assert f"{strongest:.2g}" in lines[3]
    assert len(lines) == 2 * (MAX_PAIRS + 4) + 1


def test_no_zero_is_negative() -> None:
    zero = matrices_to_affinity(np.full((1, 2, 2), -0.0), np.zeros((1, 2, 2)), ("a", "b"), "x")
    assert "-0" not in "".join(affinity_lines(zero))


def test_says_from_where_tasks_share() -> None:
    graph = TaskGraph.all_shared("ab", 1)
    assert recommendation(graph, 0.0)[0].endswith("at least zero")
    assert recommendation(graph, 0.25)[0].endswith("at least 0.25, the mean over all pairs")
    assert recommendation(graph, 0.0)[1:] == ["stage 1: a, b share (hard)"]
