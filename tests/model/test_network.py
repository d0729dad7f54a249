from collections.abc import Callable

import torch
from pytest import mark, raises
from torch import nn
from torch.testing import assert_close

from automtl.core.block import Features, InputSpec
from automtl.core.candidate import Candidate
from automtl.core.graph import Node, TaskGraph
from automtl.core.head import Head
from automtl.core.primitive import Primitive
from automtl.errors import PluginError
from automtl.model.network import GraphNetwork, build_network
from automtl.plugins import Plugins
from automtl_plugins.task_kinds.multiclass import Multiclass

LAYOUT = InputSpec(((0.0, 1.0),) * 5, 1, (3,))
OUTPUTS = {"age": 1, "sex": 2, "job": 4}
TASKS = tuple(OUTPUTS)
TREE = TaskGraph.from_groups([[TASKS], [("age", "sex"), ("job",)]])
Make = Callable[..., Candidate]


@mark.parametrize("block", ["linear", "mlp", "resnet", "tabm"])
@mark.parametrize(
    "graph",
    [
        TaskGraph.all_shared(TASKS, 2),
        TaskGraph.single_task(TASKS, 2),
        TREE,
        TaskGraph.from_groups([[("age",), ("sex", "job")], [TASKS]]),
        TaskGraph((TREE.stages[0], TREE.stages[1]), (("age", "job"), ("job", "sex"))),
    ],
)
def test_gives_one_output_per_task(
    graph: TaskGraph, block: str, candidate: Make, plugins: Plugins
) -> None:
    made = candidate(graph, block=block)
    outputs = build_network(made, OUTPUTS, {}, LAYOUT, plugins, 0)(torch.randn(7, LAYOUT.size))
    members = 16 if block == "tabm" else 1
    assert {task: tuple(o.shape) for task, o in outputs.items()} == {
        task: (7, members, n) for task, n in OUTPUTS.items()
    }


def test_a_part_is_the_same_network_in_whatever_graph_it_stands(
    candidate: Make, plugins: Plugins
) -> None:
    inputs = torch.randn(3, LAYOUT.size)
    alone = TaskGraph.single_task(TASKS, 2)
    beside = TaskGraph.from_groups([[("age", "sex"), ("job",)]] * 2)
    first, second = (
        build_network(candidate(graph), OUTPUTS, {}, LAYOUT, plugins, 0)(inputs)
        for graph in (alone, beside)
    )
    assert_close(first["job"], second["job"], rtol=0, atol=0)
    assert not torch.equal(first["age"], second["age"])


def test_each_part_has_its_own_hyperparameters(candidate: Make, plugins: Plugins) -> None:
    graph = TaskGraph.from_groups([[("age", "sex"), ("job",)]] * 2)
    shared = candidate(graph)
    own = {"job": {**shared.hyperparameters, "block": "resnet", "block.width": 24}}
    mixed = Candidate(graph, shared.hyperparameters, own)
    pair, job = build_network(mixed, OUTPUTS, {}, LAYOUT, plugins, 0).parts
    first, second = (part.heads.layers[0].weight.shape[-1] for part in (pair, job))
    assert (first, second) == (16, 24)
    inputs = torch.randn(3, LAYOUT.size)
    alone = Candidate(TaskGraph.single_task(["job"], 2), own["job"])
    expected = build_network(alone, OUTPUTS, {}, LAYOUT, plugins, 0)(inputs)["job"]
    assert_close(job(inputs)["job"], expected, rtol=0, atol=0)


def test_another_seed_is_another_network(candidate: Make, plugins: Plugins) -> None:
    inputs = torch.randn(3, LAYOUT.size)
    first, second = (
        build_network(candidate(TREE), OUTPUTS, {}, LAYOUT, plugins, seed)(inputs)
        for seed in (0, 1)
    )
    assert not torch.equal(first["age"], second["age"])


def test_gradients_stay_on_the_path_of_their_task(candidate: Make, plugins: Plugins) -> None:
    network = build_network(candidate(TREE), OUTPUTS, {}, LAYOUT, plugins, 0)
    network(torch.randn(3, LAYOUT.size))["job"].sum().backward()
    (part,) = network.parts
    reached = [
        [
            any(p.grad is not None and bool(p.grad.any()) for p in node.parameters())
            for node in stage
        ]
        for stage in part.stages
    ]
    assert reached == [[True], [False, True]]  # stage 2 is age+sex, then job


def test_a_cascade_receiver_reads_the_giver_but_does_not_train_it(
    candidate: Make, plugins: Plugins
) -> None:
    graph = TaskGraph(TaskGraph.single_task(("age", "sex"), 1).stages, (("age", "sex"),))
    network = build_network(candidate(graph), OUTPUTS, {}, LAYOUT, plugins, 0)
    (part,) = network.parts
    inputs = torch.randn(3, LAYOUT.size)
    before = network(inputs)
    before["sex"].sum().backward()
    age = part.stages[0][0]
    assert all(p.grad is None for p in age.parameters())
    nn.init.zeros_(next(age.parameters()))
    after = network(inputs)
    assert not torch.equal(before["age"], after["age"])
    assert not torch.equal(before["sex"], after["sex"])


def test_computes_a_shared_block_once(candidate: Make, plugins: Plugins) -> None:
    network = build_network(
        candidate(TaskGraph.all_shared(TASKS, 2)), OUTPUTS, {}, LAYOUT, plugins, 0
    )
    calls = []
    for module in network.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda *_: calls.append(1))
    network(torch.randn(3, LAYOUT.size))
    assert len(calls) == 2


CLASSES = Multiclass(("a", "b", "c", "d"), (1, 1, 1, 1))


@mark.parametrize("block", ["mlp", "tabm"])
@mark.parametrize("cascades", [(), (("age", "job"), ("job", "sex"))])
def test_a_task_may_have_another_head(
    block: str, cascades: tuple[tuple[str, str], ...], candidate: Make, plugins: Plugins
) -> None:
    graph = TaskGraph(TREE.stages, cascades)
    asked = {
        "head.job": "ml_decoder",
        "head.job.width": 8,
        "head.job.heads": 2,
        "head.age": "linear",
    }
    made = candidate(graph, block=block, **asked)
    network = build_network(made, OUTPUTS, {"job": CLASSES}, LAYOUT, plugins, 0)
    outputs = network(torch.randn(7, LAYOUT.size))
    members = 16 if block == "tabm" else 1
    assert {task: tuple(o.shape) for task, o in outputs.items()} == {
        task: (7, members, n) for task, n in OUTPUTS.items()
    }
    (head,) = (module for module in network.modules() if isinstance(module, Head))
    assert head.queries.shape == (4, 8)  # type: ignore[union-attr]
    assert head.inputs == Features(16 + len(cascades) // 2, None if members == 1 else members)


def test_a_head_must_exist_and_serve_its_task(candidate: Make, plugins: Plugins) -> None:
    unknown, other = (candidate(TREE, **{"head.job": name}) for name in ("ml_decode", "chain"))
    with raises(PluginError, match="There is no head 'ml_decode'; did you mean 'ml_decoder'"):
        build_network(unknown, OUTPUTS, {"job": CLASSES}, LAYOUT, plugins, 0)
    with raises(PluginError, match="'chain' serves tasks of the kind 'multilabel', but this one"):
        build_network(other, OUTPUTS, {"job": CLASSES}, LAYOUT, plugins, 0)


class Widen(Primitive):
    """Gives the first task a wider feature than the others."""

    name, citation = "widen", "none"

    def __init__(self, n_tasks: int, block: object) -> None:
        super().__init__(n_tasks)

    def forward(self, features, /):  # noqa: ANN001, ANN201
        return features


def test_tasks_meet_only_with_features_of_one_shape() -> None:
    apart = (Node(("age",)), Node(("job", "sex"), "widen"))
    graph = TaskGraph((apart, (Node(TASKS),)))
    from automtl_plugins.blocks.mlp import MLP
    from automtl_plugins.primitives.hard import Hard

    with raises(ValueError, match="Tasks meet with features of one shape"):
        GraphNetwork(graph, OUTPUTS, Features(5), MLP, {"hard": Hard, "widen": Widen})
