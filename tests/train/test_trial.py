import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import torch
from pytest import fixture, mark
from torch import Tensor

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.primitive import BlockFactory, Primitive
from automtl.core.trial import Order, Phase, Result, Status
from automtl.data.dataset import MultiTaskData, TrainingData
from automtl.model.network import GraphNetwork
from automtl.plugins import Plugins
from automtl.train.fit import DeadlinePassed
from automtl.train.part import PartStore, Trained
from automtl.train.trial import Outcome, run_trial
from automtl.train.warm import Checkpoint

CPU = torch.device("cpu")
Make = Callable[..., Candidate]


@fixture(scope="module")
def data(penguins: MultiTaskData) -> TrainingData:
    return penguins.for_training()


class Shelf(PartStore):
    """Keeps parts in memory, and its ``limit``-th until the deadline has passed."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.kept: dict[str, tuple[dict[str, Tensor], Trained]] = {}

    def recall(self, part: Order, network: GraphNetwork) -> Trained | None:
        if part.key not in self.kept:
            return None
        weights, trained = self.kept[part.key]
        network.load_state_dict(weights)
        return trained

    def keep(self, part: Order, network: GraphNetwork, trained: Trained) -> None:
        assert part.key not in self.kept, "a part is trained once"
        weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        self.kept[part.key] = weights, trained
        if len(self.kept) == self.limit:
            raise DeadlinePassed

    def checkpoint(self, key: str) -> Checkpoint:
        found = self.kept[key][1].checkpoint
        assert found is not None
        return found


def _tasks(data: TrainingData) -> list[str]:
    return [task.name for task in data.tasks]


def _run(candidate: Candidate, data: TrainingData, plugins: Plugins, **more: object) -> Outcome:
    order = Order(candidate, 0, Phase.GRAPHS)
    arguments = {"device": CPU, "deadline": math.inf, **more}
    return run_trial(order, data, plugins, **arguments)  # type: ignore[arg-type]


@mark.parametrize("primitive", ["hard", "cross_stitch", "soft_l2", "soft_trace", "mtan"])
def test_every_primitive_learns(
    primitive: str, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    from automtl.core.graph import Node

    graph = TaskGraph((TaskGraph.all_shared(_tasks(data), 1).stages[0],) * 2)
    graph = TaskGraph(tuple((Node(stage[0].tasks, primitive),) for stage in graph.stages))
    result = _run(candidate(graph, epochs=30), data, plugins).result
    assert result.status is Status.DONE, result.reason
    assert result.errors["species"] < 0.5
    assert result.errors["body_mass_g"] < 600


@mark.parametrize("block", ["linear", "mlp", "resnet", "tabm"])
@mark.parametrize("balancer", ["sum", "uncertainty", "random", "geometric_mean"])
def test_every_block_learns_with_every_balancer(
    block: str, balancer: str, data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 1), block=block, balancer=balancer)
    result = _run(made, data, plugins).result
    assert result.status is Status.DONE, result.reason
    assert result.errors["species"] < 1.0


def test_repeats_itself_exactly(data: TrainingData, plugins: Plugins, candidate: Make) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), balancer="random")
    first, second = (_run(made, data, plugins).result for _ in range(2))
    assert first.errors == second.errors


def test_a_task_on_its_own_has_the_same_error_in_every_graph(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    alone = candidate(TaskGraph.single_task(_tasks(data), 2))
    pair = candidate(TaskGraph.from_groups([[("sex", "species"), ("body_mass_g",)]] * 2))
    first, second = (_run(made, data, plugins).result.errors for made in (alone, pair))
    assert first["body_mass_g"] == second["body_mass_g"]
    assert first["sex"] != second["sex"]


def _same(first: Result, second: Result) -> bool:
    """Whether they are the same but for what was spent on them."""
    spent = dict.fromkeys(("epochs", "seconds", "latency_ms"), 0)
    return dataclasses.replace(first, **spent) == dataclasses.replace(second, **spent)


def test_a_part_is_trained_once_and_gives_the_same_numbers(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    pair = candidate(TaskGraph.from_groups([[("sex", "species"), ("body_mass_g",)]] * 2))
    alone = candidate(TaskGraph.single_task(_tasks(data), 2))
    plain = [_run(made, data, plugins) for made in (pair, alone)]
    for order in ((0, 1), (1, 0)):
        shelf = Shelf()
        runs = {n: _run((pair, alone)[n], data, plugins, store=shelf) for n in order}
        assert all(_same(runs[n].result, plain[n].result) for n in order)
        assert [list(runs[n].curves) for n in (0, 1)] == [list(one.curves) for one in plain]
        first, second = (runs[n].result.epochs for n in order)
        assert first == plain[order[0]].result.epochs
        assert second == plain[order[1]].result.epochs - 8  # body_mass_g had its 8 already
        again = _run(pair, data, plugins, store=shelf).result
        assert _same(again, plain[0].result)
        assert again.epochs == 0


def test_a_trial_that_is_cut_off_leaves_its_finished_parts_behind(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    alone = candidate(TaskGraph.single_task(_tasks(data), 2))
    shelf = Shelf(limit=2)
    assert _run(alone, data, plugins, store=shelf).result.status is Status.CUT
    whole = _run(alone, data, plugins, store=shelf).result
    assert whole.epochs == 8
    assert _same(whole, _run(alone, data, plugins).result)


def test_a_task_alone_trains_with_its_own_hyperparameters(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    pair = TaskGraph.from_groups([[("sex", "species"), ("body_mass_g",)]] * 2)
    tuned = candidate(pair, learning_rate=0.03, balancer="uncertainty").hyperparameters
    mixed = Candidate(pair, candidate(pair).hyperparameters, {"body_mass_g": tuned})
    anchor = Candidate(TaskGraph.single_task(_tasks(data), 2), tuned)
    first, second = (_run(made, data, plugins).result.errors for made in (mixed, anchor))
    assert first["body_mass_g"] == second["body_mass_g"]
    assert first["sex"] == _run(candidate(pair), data, plugins).result.errors["sex"]


def test_a_share_of_the_training_starts_from_the_shared_anchor(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    shelf = Shelf()
    anchor = Order(candidate(TaskGraph.all_shared(_tasks(data), 2)), 0, Phase.ANCHORS)
    run_trial(anchor, data, plugins, CPU, math.inf, store=shelf)
    split = TaskGraph.from_groups([[_tasks(data)], [("sex", "species"), ("body_mass_g",)]])
    order = Order(candidate(split), 0, Phase.GRAPHS, 0.25, anchor.key)
    short = run_trial(order, data, plugins, CPU, math.inf, store=shelf).result
    assert short.status is Status.DONE, short.reason
    assert short.epochs == 2  # of the 8 of the anchor
    begun_anew = _run(candidate(split, epochs=2, patience=2), data, plugins).result
    assert short.errors["body_mass_g"] < begun_anew.errors["body_mass_g"]
    full = _run(candidate(split), data, plugins, store=shelf).result
    assert full.epochs == 8  # a short training does not stand for a full one
    again = run_trial(order, data, plugins, CPU, math.inf, store=shelf).result
    assert _same(again, short)


def test_without_a_checkpoint_a_share_cannot_be_trained(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 1))
    order = Order(made, 0, Phase.GRAPHS, 0.25, "abc-0")
    result = run_trial(order, data, plugins, CPU, math.inf).result
    assert result.status is Status.FAILED
    assert "there is no checkpoint of 'abc-0' to start from" in result.reason


def test_affinity_is_measured_where_all_share(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), epochs=40, patience=40)
    affinity = _run(made, data, plugins, estimator=plugins.affinities["cosine"]).affinity
    assert affinity is not None
    assert affinity.tasks == made.graph.tasks
    assert len(affinity.mean) == 2
    assert affinity.cost > 1
    apart = candidate(TaskGraph.single_task(_tasks(data), 2))
    assert _run(apart, data, plugins, estimator=plugins.affinities["cosine"]).affinity is None


def test_measuring_does_not_change_the_training(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), epochs=20)
    plain = _run(made, data, plugins)
    measured = _run(made, data, plugins, estimator=plugins.affinities["cosine"])
    assert plain.result.errors == measured.result.errors


def test_divergence_ends_the_trial_with_a_reason(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), learning_rate=1e30)
    result = _run(made, data, plugins).result
    assert result.status is Status.FAILED
    assert "NaN or infinite in epoch" in result.reason


def test_a_deadline_cuts_the_trial(data: TrainingData, plugins: Plugins, candidate: Make) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2))
    result = _run(made, data, plugins, deadline=time.monotonic()).result
    assert result.status is Status.CUT


def test_in_no_time_every_part_has_one_epoch(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.single_task([task.name for task in data.tasks], 2))
    result = _run(made, data, plugins, seconds=1e-9).result
    assert (result.status, result.epochs, result.hurried) == (Status.DONE, 3, True)
    assert not _run(made, data, plugins).result.hurried


def test_a_primitive_that_raises_fails_its_trial_only(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    class Broken(Primitive):
        name, citation = "broken", "none"

        def __init__(self, n_tasks: int, block: BlockFactory) -> None:
            super().__init__(n_tasks)
            self.block = block()

        def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
            raise KeyError("oh no\nmore lines")

    from automtl.core.graph import Node

    more = dataclasses.replace(plugins, primitives={**plugins.primitives, "broken": Broken})
    graph = TaskGraph(((Node(tuple(_tasks(data)), "broken"),),))
    result = _run(candidate(graph), data, more).result
    assert result.status is Status.FAILED
    assert result.reason == "KeyError: 'oh no\\nmore lines'"


def test_an_undefined_metric_fails_the_trial(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    targets = data.validation.targets.copy()
    targets[:, 1] = 0.0  # one sex only, so there is no ranking of the two
    one_sided = dataclasses.replace(
        data,
        tasks=(data.tasks[0], dataclasses.replace(data.tasks[1], metric="roc_auc"), data.tasks[2]),
        validation=dataclasses.replace(data.validation, targets=targets),
    )
    made = candidate(TaskGraph.all_shared(_tasks(data), 1))
    result = _run(made, one_sided, plugins).result
    assert result.status is Status.FAILED
    assert "the metric of ['sex'] is not defined" in result.reason


def test_what_is_measured_in_networks_apart_is_measured_there_alone(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    rsa, tasks = plugins.affinities["rsa"], _tasks(data)
    found = _run(candidate(TaskGraph.single_task(tasks, 2)), data, plugins, estimator=rsa)
    assert found.affinity is not None
    assert found.affinity.tasks == tuple(sorted(tasks))
    together = TaskGraph.from_groups([[tasks[:2], tasks[2:]]] * 2)
    for graph in (together, TaskGraph.all_shared(tasks, 2)):
        assert _run(candidate(graph), data, plugins, estimator=rsa).affinity is None


def test_measuring_takes_no_random_number_from_the_training(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    settings = {"block.dropout": 0.3, "balancer": "random", "epochs": 20}
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), **settings)
    plain = _run(made, data, plugins)
    for name in ("tag", "label_correlation"):
        measured = _run(made, data, plugins, estimator=plugins.affinities[name])
        assert measured.affinity is not None, name
        assert measured.result.errors == plain.result.errors
