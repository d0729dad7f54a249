import math
from collections.abc import Callable
from functools import partial

import torch
from pytest import fixture, mark
from torch import nn
from torch.testing import assert_close

from automtl.core.block import InputSpec
from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import Node, TaskGraph
from automtl.model.network import GraphNetwork, build_network
from automtl.plugins import Plugins
from automtl.train.fit import Settings, fit
from automtl.train.losses import Rows, TaskLosses
from automtl.train.warm import Checkpoint, Snapshots
from automtl_plugins.balancers.uncertainty import Uncertainty
from automtl_plugins.schedules.constant import Constant
from automtl_plugins.schedules.cosine import Cosine
from automtl_plugins.task_kinds.multiclass import Multiclass
from automtl_plugins.task_kinds.regression import Regression

TASKS = ("a", "b", "c")
KINDS = {"b": Multiclass(("no", "yes"), (1, 1))}
LAYOUT = InputSpec(((0.0, 1.0),) * 3, 0, ())
SHARED = TaskGraph.all_shared(TASKS, 2)
SPLIT = TaskGraph.from_groups([[TASKS], [("a", "c"), ("b",)]])
Make = Callable[..., Candidate]
Build = Callable[..., GraphNetwork]
SETTINGS = partial(Settings, 0.01, 0.01, 32)


@fixture
def build(candidate: Make, plugins: Plugins) -> Build:
    """Makes the network of a graph of one part."""

    def make(graph: TaskGraph, seed: int = 0, **changes: Scalar) -> GraphNetwork:
        made = candidate(graph, **changes)
        (network,) = build_network(
            made, dict.fromkeys(TASKS, 2), KINDS, LAYOUT, plugins, seed
        ).parts
        return network

    return make


class Pairs(Regression):
    """Of the head's two numbers it takes the first."""

    @property
    def n_outputs(self) -> int:
        return 2


def _rows(tasks: tuple[str, ...]) -> Rows:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(64, 3, generator=generator)
    targets = torch.stack([inputs.sum(1), inputs[:, 0], inputs[:, 1]], dim=1)
    return Rows(inputs, targets[:, [TASKS.index(task) for task in tasks]], None)


def _fit(network: GraphNetwork, balancer: Uncertainty, epochs: int, **more: object) -> None:
    tasks, n = network.tasks, len(network.tasks)
    losses = TaskLosses(tasks, [Pairs(0.0, 1.0)] * n, [1.0] * n, torch.device("cpu"))
    rows = _rows(tasks)
    arguments = {"schedule": Constant(99), "settings": SETTINGS(epochs, 99), "seed": 0, **more}
    fit(network, losses, balancer, train=rows, validation=rows, **arguments)  # type: ignore[arg-type]


def _optimizer(network: nn.Module, balancer: nn.Module) -> torch.optim.AdamW:
    return torch.optim.AdamW([*network.parameters(), *balancer.parameters()], 0.01, fused=True)


@fixture
def checkpoint(build: Build) -> Checkpoint:
    """Of the all-shared network after a few epochs."""
    network, balancer = build(SHARED), Uncertainty(3)
    snapshots = Snapshots(network, balancer)
    _fit(network, balancer, 8, snapshots=snapshots)
    return snapshots.middle(8)


def _outputs(network: GraphNetwork) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return network.eval()(_rows(TASKS).inputs)  # type: ignore[no-any-return]


def _started(checkpoint: Checkpoint, network: GraphNetwork) -> torch.optim.AdamW:
    balancer = Uncertainty(len(network.tasks))
    optimizer = _optimizer(network, balancer)
    checkpoint.start(network, balancer, optimizer)
    return optimizer


@mark.parametrize("block", ["linear", "mlp", "resnet", "tabm"])
def test_the_shared_graph_itself_goes_on_exactly(build: Build, block: str) -> None:
    network, balancer = build(SHARED, block=block), Uncertainty(3)
    optimizer = _optimizer(network, balancer)
    weights = [*network.parameters(), *balancer.parameters()]
    for seed in range(3):
        torch.manual_seed(seed)
        outputs = network(torch.randn(8, 3))
        balancer(torch.stack([output.square().mean() for output in outputs.values()])).backward()
        optimizer.step()
    again, balancer_again = build(SHARED, seed=1, block=block), Uncertainty(3)
    started = _optimizer(again, balancer_again)
    Checkpoint.take(network, balancer, optimizer, 3).start(again, balancer_again, started)
    for one, other in zip(
        weights, [*again.parameters(), *balancer_again.parameters()], strict=True
    ):
        assert torch.equal(one, other)
        assert_close(started.state[other], optimizer.state[one], rtol=0, atol=0)
    for one, other in zip(network.buffers(), again.buffers(), strict=True):
        assert torch.equal(one, other)


def test_training_goes_on_as_if_it_had_never_stopped(build: Build) -> None:
    whole, balancer = build(SHARED), Uncertainty(3)
    snapshots = Snapshots(whole, balancer)
    _fit(whole, balancer, 1, snapshots=snapshots)
    first = snapshots.middle(1)
    _fit(whole, balancer, 1, start=first)
    again = build(SHARED, seed=1)
    _fit(again, Uncertainty(3), 1, start=first)
    assert_close(again.state_dict(), whole.state_dict(), rtol=0, atol=0)


@mark.parametrize("primitive", ["hard", "cross_stitch", "soft_l2", "soft_trace"])
@mark.parametrize("block", ["mlp", "tabm"])
def test_another_graph_computes_the_same_at_first(build: Build, primitive: str, block: str) -> None:
    shared, balancer = build(SHARED, block=block), Uncertainty(3)
    snapshots = Snapshots(shared, balancer)
    _fit(shared, balancer, 1, snapshots=snapshots)
    (stage,) = SPLIT.stages[:1]
    graph = TaskGraph((tuple(Node(node.tasks, primitive) for node in stage), SPLIT.stages[1]))
    network = build(graph, seed=1, block=block)
    _started(snapshots.middle(1), network)
    assert_close(_outputs(network), _outputs(shared))


def test_branches_start_with_the_moments_of_what_they_come_from(
    build: Build, checkpoint: Checkpoint
) -> None:
    network = build(SPLIT, seed=1)
    optimizer = _started(checkpoint, network)
    (bias,) = (p for name, p in network.stages[1][1].named_parameters() if name.endswith("bias"))
    (name,) = (n for n in checkpoint.tensors if n.startswith("exp_avg/stage 2/") and "bias" in n)
    assert_close(optimizer.state[bias]["exp_avg"], checkpoint.tensors[name])
    assert optimizer.state[bias]["step"] == 2 * checkpoint.epoch  # of two batches each
    head = network.heads.layers[network.heads.groups.index(("b",))]
    expected = checkpoint.tensors["exp_avg_sq/head/b/weight"]
    assert_close(optimizer.state[head.weight]["exp_avg_sq"], expected)


def test_tasks_keep_their_weights_in_the_loss(build: Build, checkpoint: Checkpoint) -> None:
    network, balancer = build(TaskGraph.all_shared(("a", "c"), 2)), Uncertainty(2)
    checkpoint.start(network, balancer, _optimizer(network, balancer))
    (weights,) = balancer.parameters()
    (name,) = (n for n in checkpoint.tensors if n.startswith("value/balancer") and n.endswith("/c"))
    assert_close(weights[1:].detach(), checkpoint.tensors[name])
    assert float(weights[1].detach()) != 0


@mark.parametrize("changes", [{"block.width": 24}, {"block": "resnet"}])
def test_what_has_another_shape_starts_fresh(
    build: Build, checkpoint: Checkpoint, changes: dict[str, Scalar]
) -> None:
    network, fresh = (build(SHARED, seed=1, **changes) for _ in range(2))
    optimizer = _started(checkpoint, network)
    assert_close(network.stages.state_dict(), fresh.stages.state_dict(), rtol=0, atol=0)
    assert not any(parameter in optimizer.state for parameter in network.stages.parameters())
    _fit(network, Uncertainty(3), 2, start=checkpoint)  # old and fresh tensors train together


def test_a_head_of_its_own_starts_as_it_was(build: Build) -> None:
    head = {"head.b": "ml_decoder", "head.b.width": 8}
    shared, balancer = build(SHARED, **head), Uncertainty(3)
    optimizer = _optimizer(shared, balancer)
    network = build(SPLIT, seed=1, **head)
    _started(Checkpoint.take(shared, balancer, optimizer, 1), network)
    assert_close(_outputs(network), _outputs(shared.eval()))


def test_masks_start_fresh_around_a_block_that_does_not(
    build: Build, checkpoint: Checkpoint
) -> None:
    graph = TaskGraph(tuple((Node(TASKS, "mtan"),) for _ in range(2)))
    network, fresh = (build(graph, seed=1) for _ in range(2))
    _started(checkpoint, network)
    same = {
        name
        for name, tensor in network.state_dict().items()
        if torch.equal(tensor, fresh.state_dict()[name])
    }
    assert same == {name for name in network.state_dict() if ".masks." in name}


def test_the_schedule_goes_on_where_it_had_come_to(build: Build, checkpoint: Checkpoint) -> None:
    seen: list[int] = []

    class Noting(Cosine):
        def factor(self, epoch: int) -> float:
            seen.append(epoch)
            return super().factor(epoch)

    _fit(build(SHARED), Uncertainty(3), 5, start=checkpoint, schedule=Noting(7))
    assert seen == [4, 5, 6, 6, 6]


@mark.parametrize("epochs", [*range(1, 40), 100, 333, 1000])
def test_a_snapshot_from_about_the_middle_is_always_there(build: Build, epochs: int) -> None:
    network, balancer = build(SHARED), Uncertainty(3)
    snapshots, optimizer = Snapshots(network, balancer), _optimizer(network, balancer)
    for epoch in range(1, epochs + 1):
        snapshots(epoch, optimizer)
        assert len(snapshots.kept) <= 4
    middle = snapshots.middle(epochs)
    assert middle.epochs == epochs
    assert math.floor(epochs / 3) <= middle.epoch <= max(1, epochs / 2)
