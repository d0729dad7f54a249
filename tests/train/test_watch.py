import torch
from pytest import approx, mark

from automtl.core.affinity import AffinityEstimator, Probe
from automtl.core.block import Features
from automtl.core.graph import TaskGraph
from automtl.model.network import GraphNetwork
from automtl.train.losses import Rows, TaskLosses
from automtl.train.watch import STEP, Watch, bound
from automtl_plugins.affinities.conflict_rate import ConflictRate
from automtl_plugins.affinities.cosine import CosineAffinity
from automtl_plugins.affinities.gramian import GramianAffinity
from automtl_plugins.affinities.label_correlation import LabelCorrelation
from automtl_plugins.affinities.tag import TAG
from automtl_plugins.blocks.linear import Linear
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives.hard import Hard
from automtl_plugins.task_kinds.regression import Regression


def _network(n_tasks: int) -> GraphNetwork:
    tasks = tuple(f"t{number:03}" for number in range(n_tasks))
    torch.manual_seed(0)

    def block(inputs: Features) -> MLP:
        return MLP(inputs, width=4)

    graph = TaskGraph.all_shared(tasks, 2)
    return GraphNetwork(graph, dict.fromkeys(tasks, 1), Features(4), block, {"hard": Hard})


def _watch(estimator: type[AffinityEstimator], network: GraphNetwork) -> Watch:
    n = len(network.tasks)
    kinds = [Regression(0.0, 1.0)] * n
    losses = TaskLosses(network.tasks, kinds, [1.0] * n, torch.device("cpu"))
    return Watch(estimator, network, losses, 16, 0.01, seed=0)


@mark.parametrize("n_tasks", [2, 5, 20, 25])
@mark.parametrize("estimator", [CosineAffinity, TAG])
def test_measuring_keeps_to_its_share_of_the_passes(
    n_tasks: int, estimator: type[AffinityEstimator]
) -> None:
    """Counts forward passes of the network and backward passes to its first layer, itself."""
    network = _network(n_tasks)
    forward, backward = [0], [0]

    def went_forward(*_: object) -> None:
        forward[0] += 1

    def went_back(_: object) -> None:
        backward[0] += 1

    network.primitives[0][0].register_forward_hook(went_forward)
    first = next(network.parameters())
    first.register_hook(went_back)
    watch = _watch(estimator, network)
    rows = Rows(torch.randn(40, 4), torch.randn(40, n_tasks), None)
    for n_steps in range(1, 90):
        watch(rows)
        assert forward[0] + 2 * backward[0] <= bound(n_tasks) * STEP * n_steps
    assert forward[0] > 0
    assert forward[0] + 2 * backward[0] == watch.spent


def test_the_bound_is_what_was_promised() -> None:
    assert all(bound(n) <= 0.2 for n in range(1, 6))
    assert bound(20) == approx(0.5)
    steps = [bound(n + 1) - bound(n) for n in range(5, 139)]
    assert max(steps) == approx(min(steps))


def test_ten_measurements_are_soon_there() -> None:
    class Count(CosineAffinity):
        count = 0

        def update(self, probe: Probe) -> None:
            super().update(probe)
            self.count += 1

    watch, rows = _watch(Count, _network(3)), Rows(torch.randn(40, 4), torch.randn(40, 3), None)
    for _ in range(250):
        watch(rows)
    assert isinstance(watch.estimator, Count)
    assert watch.estimator.count >= 10


def test_what_takes_nothing_is_asked_once_and_costs_nothing() -> None:
    watch = _watch(LabelCorrelation, _network(3))
    rows = Rows(torch.ones(9, 4), torch.eye(9)[:, :3], None)
    for _ in range(3):
        watch(rows)
    found = watch.affinity()
    assert found is not None
    assert found.cost == 0
    assert watch.spent == 0


def test_measurements_repeat() -> None:
    rows = Rows(torch.randn(40, 4), torch.randn(40, 3), None)
    found = []
    for _ in range(2):
        watch = _watch(GramianAffinity, _network(3))
        for _ in range(60):
            watch(rows)
        found.append(watch.affinity())
    assert found[0] is not None
    assert found[0] == found[1]
    assert found[0].cost > 1


def _trained(estimator: type[AffinityEstimator], rows: Rows, n_steps: int = 200) -> Watch:
    """Trains through a trunk so narrow that tasks get in each other's way."""
    torch.manual_seed(0)
    tasks = ("a", "b", "c")

    def block(inputs: Features) -> Linear:
        return Linear(inputs, width=3)

    graph = TaskGraph.all_shared(tasks, 2)
    network = GraphNetwork(graph, dict.fromkeys(tasks, 1), Features(6), block, {"hard": Hard})
    with torch.no_grad():  # heads alike, so that only the targets make the difference
        for linear in network.heads.layers:
            linear.weight.copy_(linear.weight[:1].expand_as(linear.weight))
    watch = _watch(estimator, network)
    watch.batch_size = 64
    optimizer = torch.optim.SGD(network.stages.parameters(), 0.01)
    losses = TaskLosses(tasks, watch.losses.kinds, [1.0] * 3, torch.device("cpu"))
    for _ in range(n_steps):
        optimizer.zero_grad()
        losses(network(rows.inputs), rows).sum().backward()
        optimizer.step()
        watch(rows)
    return watch


@mark.parametrize("estimator", [CosineAffinity, GramianAffinity, TAG, ConflictRate])
def test_finds_who_agrees_and_who_is_in_conflict(estimator: type[AffinityEstimator]) -> None:
    torch.manual_seed(3)
    inputs = torch.randn(400, 6)
    signal = inputs @ torch.randn(6)
    noise = 0.5 * torch.randn(400, 3)
    rows = Rows(inputs, torch.stack([signal, signal, -signal], dim=1) + noise, None)
    affinity = _trained(estimator, rows).affinity()
    assert affinity is not None
    for stage in (0, 1):
        for receiver, friend, foe in (("a", "b", "c"), ("b", "a", "c")):
            helps = affinity.between(stage, receiver, friend)
            hurts = affinity.between(stage, receiver, foe)
            assert helps > 0 > hurts, (stage, receiver)
        assert affinity.between(stage, "c", "a") < 0


def test_a_training_too_short_to_pay_for_a_probe_has_one_at_its_end() -> None:
    watch = _watch(CosineAffinity, _network(5))
    rows = Rows(torch.randn(40, 4), torch.randn(40, 5), None)
    for _ in range(3):
        watch(rows)
    assert watch.spent == 0
    assert watch.affinity() is not None
    assert watch.spent > 0
