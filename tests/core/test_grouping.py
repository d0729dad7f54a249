from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import mark
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity

TASKS = ("age", "income", "job", "sex", "town")


def measured(seed: int, n_stages: int, tasks: tuple[str, ...] = TASKS) -> Affinity:
    values = np.random.default_rng(seed).uniform(-1, 1, size=(n_stages, len(tasks), len(tasks)))
    values *= 1 - np.eye(len(tasks))
    mean = tuple(tuple(map(tuple, stage)) for stage in values.tolist())
    return Affinity(tasks, mean, mean, "drawn")


@given(st.integers(0, 1000), st.integers(1, 4), st.floats(-1.5, 1.5))
def test_is_a_tree_of_hard_nodes(seed: int, n_stages: int, threshold: float) -> None:
    graph = group_by_affinity(measured(seed, n_stages), n_stages, threshold)
    assert graph.is_tree
    assert graph.tasks == TASKS
    assert len(graph.stages) == n_stages
    assert graph.primitives == {"hard"}


@given(st.integers(0, 1000), st.floats(-1, 1))
def test_agrees_with_scipy_at_the_first_stage(seed: int, threshold: float) -> None:
    affinity = measured(seed, 1)
    similarity = np.array(affinity.mean[0])
    distance = 1 - (similarity + similarity.T) / 2
    np.fill_diagonal(distance, 0.0)
    found = linkage(squareform(distance, checks=False), "average")
    numbers = fcluster(found, 1 - threshold, "distance")
    groups = [[TASKS[i] for i in np.flatnonzero(numbers == n)] for n in set(numbers.tolist())]
    assert group_by_affinity(affinity, 1, threshold) == TaskGraph.from_groups([groups])


@mark.parametrize("n_stages", [1, 3])
def test_extreme_thresholds_give_the_anchors(n_stages: int) -> None:
    affinity = measured(0, n_stages)
    shared, single = (group_by_affinity(affinity, n_stages, at) for at in (-2.0, 2.0))
    assert shared == TaskGraph.all_shared(TASKS, n_stages)
    assert single == TaskGraph.single_task(TASKS, n_stages)


@given(st.integers(0, 1000))
def test_a_higher_threshold_only_divides_groups(seed: int) -> None:
    affinity = measured(seed, 1)
    cuts = [group_by_affinity(affinity, 1, at).stages[0] for at in np.linspace(-1, 1, 9)]
    for coarse, fine in pairwise(cuts):
        assert TaskGraph((coarse, fine)).is_tree


def test_one_task_is_one_group() -> None:
    graph = group_by_affinity(measured(0, 2, ("age",)), 2, 0.0)
    assert graph == TaskGraph.all_shared(["age"], 2)
