import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from pytest import fixture, mark
from torch import Tensor

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.primitive import BlockFactory, Primitive
from automtl.core.trial import Order, Phase, Status
from automtl.data.dataset import MultiTaskData, TrainingData
from automtl.plugins import Plugins
from automtl.train.trial import Outcome, as_tensor, run_trial

CPU = torch.device("cpu")
Make = Callable[..., Candidate]


@fixture(scope="module")
def data(penguins: MultiTaskData) -> TrainingData:
    return penguins.for_training()


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


def test_affinity_is_measured_where_all_share(
    data: TrainingData, plugins: Plugins, candidate: Make
) -> None:
    made = candidate(TaskGraph.all_shared(_tasks(data), 2), epochs=40, patience=40)
    affinity = _run(made, data, plugins, estimator=plugins.affinities["cosine"]).affinity
    assert affinity is not None
    assert affinity.tasks == made.graph.tasks
    assert len(affinity.mean) == 2
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


def test_a_read_only_array_becomes_a_tensor_without_a_copy() -> None:
    array = np.arange(4, dtype=np.float32)
    array.setflags(write=False)
    tensor = as_tensor(array, CPU)
    assert tensor.data_ptr() == array.ctypes.data
