from collections.abc import Sequence

import torch
from torch import Tensor
from torch.testing import assert_close

from automtl.core.affinity import Affinity, AffinityEstimator
from automtl.core.block import Features
from automtl.core.graph import TaskGraph
from automtl.model.network import GraphNetwork
from automtl.train.gramian import GramianWatch
from automtl.train.losses import Rows, TaskLosses
from automtl_plugins.affinities.cosine import CosineAffinity
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard
from automtl_plugins.task_kinds.regression import Regression

TASKS = ("a", "b", "c")


class Collect(AffinityEstimator):
    name, citation = "collect", "none"

    def __init__(self) -> None:
        super().__init__(TASKS, 2)
        self.seen: list[tuple[Sequence[Tensor], Tensor]] = []

    def update(self, gramians: Sequence[Tensor], losses: Tensor) -> None:
        self.seen.append((gramians, losses))

    def result(self) -> Affinity | None:
        return None


def _network() -> GraphNetwork:
    torch.manual_seed(0)
    graph = TaskGraph.all_shared(TASKS, 2)
    return GraphNetwork(graph, dict.fromkeys(TASKS, 1), Features(4), MLP, {"hard": Hard})


def _losses() -> TaskLosses:
    return TaskLosses(TASKS, [Regression(0.0, 1.0)] * 3, [1.0] * 3, torch.device("cpu"))


def _rows(n: int = 400) -> Rows:
    inputs = torch.randn(n, 4)
    signal = inputs.sum(1)  # a and b want the same, c wants the opposite of them
    return Rows(inputs, torch.stack([signal, signal, -signal], dim=1), None)


def _watch(estimator: AffinityEstimator, every: int = 1) -> GramianWatch:
    watch = GramianWatch(_network(), _losses(), estimator, 64, seed=0)
    watch.every = every
    return watch


def test_gives_one_symmetric_matrix_a_stage() -> None:
    estimator = Collect()
    _watch(estimator)(_rows())
    ((gramians, losses),) = estimator.seen
    assert len(gramians) == 2
    for gramian in gramians:
        assert gramian.shape == (3, 3)
        assert_close(gramian, gramian.T)
    assert losses.shape == (3,)


def test_equals_gradients_by_hand_where_the_batches_are_all_the_same() -> None:
    row = _rows(1)
    same = Rows(row.inputs.expand(64, -1), row.targets.expand(64, -1), None)
    estimator = Collect()
    watch = _watch(estimator)
    watch(same)
    gradients = []
    for value in watch.losses(watch.network(same.inputs), same):
        stage = watch.network.stages[1].parameters()
        found = torch.autograd.grad(value, list(stage), retain_graph=True)
        gradients.append(torch.cat([g.flatten() for g in found]))
    jacobian = torch.stack(gradients)
    assert_close(estimator.seen[0][0][1], jacobian @ jacobian.T)


def test_finds_who_agrees_and_who_does_not() -> None:
    estimator = CosineAffinity(TASKS, 2)
    watch = _watch(estimator)
    (heads,) = watch.network.heads.linears
    with torch.no_grad():  # alike, so that only the targets make the difference
        heads.weight.copy_(heads.weight[:1].expand_as(heads.weight))
    for _ in range(8):
        watch(_rows())
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.between(0, "a", "b") > 0.3
    assert affinity.between(0, "a", "c") < -0.3


def test_leaves_the_training_as_it_is() -> None:
    watch = _watch(Collect())
    before = [p.detach().clone() for p in watch.network.parameters()]
    state = torch.get_rng_state()
    watch(_rows())
    assert_close(list(watch.network.parameters()), before)
    assert all(p.grad is None for p in watch.network.parameters())
    torch.set_rng_state(state)


def test_measures_seldom_enough_to_keep_to_its_share() -> None:
    estimator = Collect()
    watch, rows = GramianWatch(_network(), _losses(), estimator, 16, seed=0), _rows()
    n_steps = 10 * watch.every
    for _ in range(n_steps):
        watch(rows)
    cost = 2 + 4 * len(TASKS)  # forward and backward passes of a measurement; a step has 3
    assert len(estimator.seen) * cost / (3 * n_steps) <= 0.21
