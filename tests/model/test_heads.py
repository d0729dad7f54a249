from typing import ClassVar

import torch
from pytest import mark
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.graph import Node, TaskGraph
from automtl.core.head import Head
from automtl.model.heads import Heads, MemberLinear
from automtl_plugins.task_kinds.regression import Regression

SIZES = {"a": 1, "b": 2, "c": 3}


def test_tasks_that_read_one_feature_have_one_matrix() -> None:
    shapes = dict.fromkeys(SIZES, Features(4))
    assert len(Heads(TaskGraph.all_shared(SIZES, 1), shapes, SIZES).layers) == 1
    assert len(Heads(TaskGraph.single_task(SIZES, 1), shapes, SIZES).layers) == 3
    soft = TaskGraph(((Node(("a", "b", "c"), "soft_l2"),),))
    assert len(Heads(soft, shapes, SIZES).layers) == 3


def test_one_matrix_is_as_good_as_several() -> None:
    heads = Heads(TaskGraph.all_shared(SIZES, 1), dict.fromkeys(SIZES, Features(4)), SIZES)
    feature = torch.randn(5, 4)
    outputs = heads(dict.fromkeys(SIZES, feature))
    (linear,) = heads.layers
    assert_close(outputs["b"][:, 0], feature @ linear.weight[1:3].T + linear.bias[1:3])


def test_each_member_has_a_head_of_its_own() -> None:
    linear = MemberLinear(Features(4, members=3), 2)
    features = torch.randn(5, 3, 4)
    outputs = linear(features)
    for member in range(3):
        expected = features[:, member] @ linear.weight[member] + linear.bias[member]
        assert_close(outputs[:, member], expected)


@mark.parametrize("members", [None, 3])
def test_starts_as_wide_as_torch_does(members: int | None) -> None:
    weight = MemberLinear(Features(100, members), 50).weight
    assert 0.09 < float(weight.detach().abs().max()) <= 0.1


def test_receivers_come_after_their_givers() -> None:
    graph = TaskGraph(TaskGraph.all_shared(SIZES, 1).stages, (("c", "b"), ("b", "a")))
    heads = Heads(graph, dict.fromkeys(SIZES, Features(4)), SIZES)
    assert heads.groups == (("c",), ("b",), ("a",))
    assert heads.layers[1].weight.shape == (2, 4 + 3)


class Twice(Head):
    """Two linear layers."""

    name: ClassVar[str] = "twice"
    citation: ClassVar[str] = "https://example.org"
    kinds: ClassVar[tuple[str, ...]] = ("regression",)

    def __init__(self, inputs: Features, n_outputs: int) -> None:
        super().__init__(inputs, Regression(0.0, 1.0), n_outputs)
        self.first = nn.Linear(inputs.size, inputs.size)
        self.last = nn.Linear(inputs.size, n_outputs)

    def forward(self, features: Tensor, /) -> Tensor:
        outputs: Tensor = self.last(self.first(features))
        return outputs


def test_a_head_of_its_own_is_no_part_of_the_matrix() -> None:
    shapes = dict.fromkeys(SIZES, Features(4))
    heads = Heads(TaskGraph.all_shared(SIZES, 1), shapes, SIZES, {"b": Twice})
    assert heads.groups == (("a", "c"), ("b",))
    feature = torch.randn(5, 4)
    outputs = heads(dict.fromkeys(SIZES, feature))
    assert {task: tuple(output.shape) for task, output in outputs.items()} == {
        task: (5, 1, size) for task, size in SIZES.items()
    }
    assert_close(outputs["b"], heads.layers[1](feature.unsqueeze(1)))


def test_a_head_of_its_own_may_share_its_weights_among_members() -> None:
    shapes = dict.fromkeys(SIZES, Features(4, members=3))
    heads = Heads(TaskGraph.all_shared(SIZES, 1), shapes, SIZES, dict.fromkeys(SIZES, Twice))
    outputs = heads(dict.fromkeys(SIZES, torch.randn(5, 3, 4)))
    assert outputs["c"].shape == (5, 3, 3)
    assert heads.groups == (("a",), ("b",), ("c",))


def test_a_head_of_its_own_may_give_and_receive() -> None:
    graph = TaskGraph(TaskGraph.all_shared(SIZES, 1).stages, (("c", "b"), ("b", "a")))
    shapes = dict.fromkeys(SIZES, Features(4))
    heads = Heads(graph, shapes, SIZES, {"c": Twice, "b": Twice})
    assert [layer.inputs.size for layer in list(heads.layers)[:2]] == [4, 4 + 3]
    feature = torch.randn(5, 4)
    outputs = heads(dict.fromkeys(SIZES, feature))
    given = torch.cat([feature.unsqueeze(1), outputs["c"].detach()], dim=-1)
    assert_close(outputs["b"], heads.layers[1](given))
    outputs["b"].sum().backward()
    assert all(p.grad is None for p in heads.layers[0].parameters())
