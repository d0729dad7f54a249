from dataclasses import replace

import torch
from pytest import approx, mark, raises
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.graph import TaskGraph
from automtl.errors import PluginError
from automtl.model.network import GraphNetwork
from automtl.train.losses import Rows, TaskLosses
from automtl.train.probe import MAX_BLOCK, FeaturesProbe, TargetsProbe, TrainingProbe
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.multi_output import MultiOutput
from automtl_plugins.task_kinds.regression import Regression

TASKS = ("a", "b", "c")
NUMBER = Regression(0.0, 1.0)


def _network(tasks: tuple[str, ...] = TASKS, dropout: float = 0.0) -> GraphNetwork:
    torch.manual_seed(0)
    graph = TaskGraph.all_shared(tasks, 2)

    def block(inputs: Features) -> MLP:
        return MLP(inputs, width=8, dropout=dropout)

    return GraphNetwork(graph, dict.fromkeys(tasks, 1), Features(4), block, {"hard": Hard})


def _rows(n: int = 50, n_tasks: int = 3) -> Rows:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(n, 4, generator=generator)
    return Rows(inputs, inputs @ torch.randn(4, n_tasks, generator=generator), None)


def _probe(network: GraphNetwork, rows: Rows, rate: float = 1e-3) -> TrainingProbe:
    n = len(network.tasks)
    losses = TaskLosses(network.tasks, [NUMBER] * n, [1.0] * n, torch.device("cpu"))
    return TrainingProbe(network, losses, rows, 64, rate, torch.Generator().manual_seed(0), 0)


def _all_the_same() -> Rows:
    row = _rows(1)
    return Rows(row.inputs.expand(64, -1), row.targets.expand(64, -1), None)


def _jacobian(network: GraphNetwork, rows: Rows, stage: int) -> tuple[Tensor, Tensor]:
    """The losses and their gradients in a stage, by hand."""
    outputs = network(rows.inputs)
    losses = torch.stack([
        (outputs[task][:, 0, 0] - rows.targets[:, column]).square().mean()
        for column, task in enumerate(network.tasks)
    ])  # fmt: skip
    weights = list(network.stages[stage].parameters())
    found = [torch.autograd.grad(loss, weights, retain_graph=True) for loss in losses]
    return losses.detach(), torch.stack([torch.cat([g.flatten() for g in row]) for row in found])


@mark.parametrize("stage", [0, 1])
def test_gramians_equal_gradients_by_hand_where_the_batches_are_all_the_same(stage: int) -> None:
    network, rows = _network(), _all_the_same()
    losses, jacobian = _jacobian(network, rows, stage)
    probe = _probe(network, rows)
    assert_close(probe.gramians[stage], jacobian @ jacobian.T)
    assert_close(probe.losses, losses)


def test_gramians_are_symmetric_and_of_two_batches() -> None:
    for gramian in _probe(_network(), _rows()).gramians:
        assert_close(gramian, gramian.T)
    noise = Rows(torch.ones(400, 4), torch.randn(400, 3), None)
    first, second = (_probe(_network(), noise).gramians[0] for _ in range(2))
    assert torch.equal(first, second)


def test_the_look_ahead_is_the_loss_after_a_real_step() -> None:
    network, rows = _network(), _all_the_same()
    _, jacobian = _jacobian(network, rows, 1)
    probe = _probe(network, rows, rate=0.05)
    moved = _network()
    with torch.no_grad():
        start = 0
        for weight in moved.stages[1].parameters():
            step = jacobian[2][start : start + weight.numel()].view_as(weight)
            weight -= 0.05 * step
            start += weight.numel()
    assert_close(probe.look_ahead[1][:, 2], _jacobian(moved, rows, 1)[0])


def test_the_look_ahead_is_the_gramian_to_first_order() -> None:
    rate = 1e-3
    probe = _probe(_network().double(), _as_double(_all_the_same()), rate)
    for ahead, gramian in zip(probe.look_ahead, probe.gramians, strict=True):
        change = probe.losses.unsqueeze(1) - ahead
        assert_close(change, rate * gramian, rtol=0.1, atol=1e-4)


def _as_double(rows: Rows) -> Rows:
    return Rows(rows.inputs.double(), rows.targets.double(), rows.labelled)


def test_leaves_the_training_as_it_is() -> None:
    network = _network(dropout=0.5)
    before = [p.detach().clone() for p in network.parameters()]
    state = torch.get_rng_state()
    probe = _probe(network, _rows())
    assert all((probe.gramians, probe.look_ahead, probe.features))
    assert_close(list(network.parameters()), before)
    assert all(p.grad is None for p in network.parameters())
    assert torch.equal(torch.get_rng_state(), state)
    assert network.training


def test_counts_its_passes_and_computes_nothing_twice() -> None:
    probe = _probe(_network(), _rows())
    assert probe.passes == 0
    for _ in range(2):
        assert probe.losses.shape == (3,)
    assert probe.passes == 1
    for _ in range(2):
        assert len(probe.gramians) == 2
    assert probe.passes == 2 + 2 * 2 * 3
    for _ in range(2):
        assert len(probe.look_ahead) == 2
    assert probe.passes == 2 + 2 * 2 * 3 + 2 * 3


def test_beyond_twenty_tasks_it_takes_a_block_of_them() -> None:
    tasks = tuple(f"t{number:02}" for number in range(30))
    probe = _probe(_network(tasks), _rows(n_tasks=30))
    (known,) = probe.gramians[0].diagonal().isfinite().nonzero(as_tuple=True)
    assert len(known) == MAX_BLOCK
    assert known.tolist() == probe.block
    assert probe.gramians[1].isfinite().sum() == MAX_BLOCK**2
    assert probe.look_ahead[1].isfinite().sum() == 30 * MAX_BLOCK  # all are receivers
    assert probe.passes == 2 + 2 * 2 * MAX_BLOCK + 2 * MAX_BLOCK


def test_a_task_without_a_label_is_not_measured() -> None:
    rows = _rows()
    labelled = torch.ones_like(rows.targets)
    labelled[:, 1] = 0.0
    probe = _probe(_network(), Rows(rows.inputs, rows.targets, labelled))
    assert probe.losses.isnan().tolist() == [False, True, False]
    for matrix in (*probe.gramians, *probe.look_ahead):
        unknown = matrix.isnan()
        assert unknown[1].all()
        assert unknown[:, 1].all()
        assert unknown.sum() == 5
    assert probe.targets[:, 1].isnan().all()
    assert_close(probe.targets[:, 0], rows.targets[:, 0])


def test_a_task_of_several_columns_is_measured_if_any_of_them_has_a_label() -> None:
    torch.manual_seed(0)
    graph = TaskGraph.all_shared(("a", "b"), 1)
    network = GraphNetwork(graph, {"a": 2, "b": 1}, Features(4), MLP, {"hard": Hard})
    kinds = [MultiOutput(("x", "y"), (0.0, 0.0), (1.0, 1.0)), NUMBER]
    losses = TaskLosses(graph.tasks, kinds, [1.0, 1.0], torch.device("cpu"))
    labelled = torch.ones(50, 3)
    labelled[:, 0] = 0
    rows = replace(_rows(), labelled=labelled)
    generator = torch.Generator().manual_seed(0)
    probe = TrainingProbe(network, losses, rows, 64, 1e-3, generator, 0)
    assert probe.losses.isfinite().all()
    rows = replace(rows, labelled=labelled * torch.tensor([1.0, 0.0, 1.0]))
    probe = TrainingProbe(network, losses, rows, 64, 1e-3, generator, 0)
    assert probe.losses.isfinite().tolist() == [False, True]


def test_features_are_those_of_each_stage_and_task() -> None:
    rows = _rows(600)
    apart = [_network((task,)) for task in TASKS]
    probe = FeaturesProbe(apart, rows, [NUMBER] * 3, seed=3)
    again = FeaturesProbe(apart, rows, [NUMBER] * 3, seed=3)
    assert [len(stage) for stage in probe.features] == [3, 3]
    assert all(feature.shape == (500, 8) for stage in probe.features for feature in stage)
    assert_close(probe.features, again.features)
    outputs = apart[0](rows.inputs)["a"].flatten()
    of_chosen = apart[0].heads({"a": probe.features[1][0]})["a"].flatten()
    nearest = (of_chosen.unsqueeze(1) - outputs).abs().min(1)
    assert_close(nearest.values, torch.zeros(500))
    assert len(nearest.indices.unique()) == 500


def test_says_what_there_is_not() -> None:
    probe = TargetsProbe(_rows(), [Binary(("n", "y"), (5, 5)), NUMBER, NUMBER])
    assert list(probe.n_classes) == [2, 0, 0]
    for what in ("losses", "gramians", "learning_rate", "look_ahead", "features"):
        with raises(PluginError, match="class attribute 'anchor'"):
            getattr(probe, what)
    assert _probe(_network(), _rows(), 0.25).learning_rate == approx(0.25)
