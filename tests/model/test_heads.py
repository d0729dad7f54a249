import torch
from pytest import mark
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.core.graph import Node, TaskGraph
from automtl.model.heads import Heads, MemberLinear

SIZES = {"a": 1, "b": 2, "c": 3}


def test_tasks_that_read_one_feature_have_one_matrix() -> None:
    shapes = dict.fromkeys(SIZES, Features(4))
    assert len(Heads(TaskGraph.all_shared(SIZES, 1), shapes, SIZES).linears) == 1
    assert len(Heads(TaskGraph.single_task(SIZES, 1), shapes, SIZES).linears) == 3
    soft = TaskGraph(((Node(("a", "b", "c"), "soft_l2"),),))
    assert len(Heads(soft, shapes, SIZES).linears) == 3


def test_one_matrix_is_as_good_as_several() -> None:
    heads = Heads(TaskGraph.all_shared(SIZES, 1), dict.fromkeys(SIZES, Features(4)), SIZES)
    feature = torch.randn(5, 4)
    outputs = heads(dict.fromkeys(SIZES, feature))
    (linear,) = heads.linears
    assert_close(outputs["b"][:, 0], feature @ linear.weight[1:3].T + linear.bias[1:3])


def test_each_member_has_a_head_of_its_own() -> None:
    linear = MemberLinear(4, 2, members=3)
    features = torch.randn(5, 3, 4)
    outputs = linear(features)
    for member in range(3):
        expected = features[:, member] @ linear.weight[member] + linear.bias[member]
        assert_close(outputs[:, member], expected)


@mark.parametrize("members", [None, 3])
def test_starts_as_wide_as_torch_does(members: int | None) -> None:
    weight = MemberLinear(100, 50, members).weight
    assert 0.09 < float(weight.detach().abs().max()) <= 0.1


def test_receivers_come_after_their_givers() -> None:
    graph = TaskGraph(TaskGraph.all_shared(SIZES, 1).stages, (("c", "b"), ("b", "a")))
    heads = Heads(graph, dict.fromkeys(SIZES, Features(4)), SIZES)
    assert heads.groups == (("c",), ("b",), ("a",))
    assert heads.linears[1].weight.shape == (2, 4 + 3)
