import math
from collections.abc import Callable

import torch
from pytest import mark, raises

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase
from automtl.data.dataset import MultiTaskData
from automtl.plugins import Plugins
from automtl.train.part import PartStore, PartTrainer
from automtl.train.trial import trial_network

CPU = torch.device("cpu")
Make = Callable[..., Candidate]


@mark.parametrize("phase", list(Phase))
def test_only_the_shared_anchor_leaves_a_checkpoint(
    phase: Phase, penguins: MultiTaskData, plugins: Plugins, candidate: Make
) -> None:
    data = penguins.for_training()
    graph = TaskGraph.all_shared([task.name for task in data.tasks], 1)
    order = Order(candidate(graph, epochs=6), 0, phase)
    (network,) = trial_network(order, data, plugins).parts
    trained = PartTrainer(data, plugins, CPU, math.inf).train(order, network)
    assert trained.affinity is None
    assert len(trained.curve.train) == 6
    if phase is not Phase.ANCHORS:
        assert trained.checkpoint is None
        return
    assert trained.checkpoint is not None
    assert (trained.checkpoint.epoch, trained.checkpoint.epochs) == (3, 6)


def test_the_temperature_is_1_unless_it_is_named(
    penguins: MultiTaskData, plugins: Plugins, candidate: Make
) -> None:
    trainer = PartTrainer(penguins.for_training(), plugins, CPU, math.inf)
    graph = TaskGraph.all_shared([task.name for task in penguins.tasks], 1)
    plain, hot = candidate(graph), candidate(graph, temperature=5)
    assert trainer._settings(Order(plain, 0, Phase.GRAPHS)).temperature == 1.0
    assert trainer._settings(Order(hot, 0, Phase.GRAPHS)).temperature == 5.0
    assert plain.digest != hot.digest


def test_a_part_has_its_tasks_share_of_the_time(
    penguins: MultiTaskData, plugins: Plugins, candidate: Make
) -> None:
    trainer = PartTrainer(penguins.for_training(), plugins, CPU, math.inf, seconds=30)
    names = [task.name for task in penguins.tasks]
    graphs = [TaskGraph.all_shared(names, 1), TaskGraph.single_task(names, 1)]
    (shared,), alone = (Order(candidate(graph), 0, Phase.GRAPHS).parts for graph in graphs)
    assert trainer._settings(shared).seconds == 30
    assert {trainer._settings(part).seconds for part in alone} == {10}


def test_a_store_keeps_nothing_by_default(
    penguins: MultiTaskData, plugins: Plugins, candidate: Make
) -> None:
    data, store = penguins.for_training(), PartStore()
    graph = TaskGraph.all_shared([task.name for task in data.tasks], 1)
    order = Order(candidate(graph, epochs=1), 0, Phase.GRAPHS)
    (network,) = trial_network(order, data, plugins).parts
    store.keep(order, network, PartTrainer(data, plugins, CPU, math.inf).train(order, network))
    assert store.recall(order, network) is None
    with raises(ValueError, match="there is no checkpoint of 'abc-0'"):
        store.checkpoint("abc-0")
