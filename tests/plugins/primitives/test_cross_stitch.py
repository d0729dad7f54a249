from functools import partial

import torch
from pytest import mark, raises
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_exports_to_onnx, assert_primitive_contract
from automtl_plugins.blocks.linear import Linear
from automtl_plugins.primitives import cross_stitch
from automtl_plugins.primitives.cross_stitch import CrossStitch

block = partial(Linear, Features(5), width=3)


def features(n_tasks: int) -> list[Tensor]:
    return list(torch.randn(n_tasks, 7, 5))


@mark.parametrize("share", [0.0, 0.2, 1.0])
def test_contract(share: float) -> None:
    assert_primitive_contract(partial(CrossStitch, share=share))


def test_exports_to_onnx() -> None:
    assert_exports_to_onnx(CrossStitch(3, block), features(3))


def test_no_share_keeps_tasks_apart() -> None:
    primitive, given = CrossStitch(3, block, share=0.0), features(3)
    alone = [own(x) for own, x in zip(primitive.blocks, given, strict=True)]
    assert_close(list(primitive(given)), alone)


def test_full_share_makes_tasks_equal() -> None:
    first, second = CrossStitch(2, block, share=1.0)(features(2))
    assert_close(first, second)


def test_starts_as_the_paper_with_two_tasks() -> None:
    assert_close(CrossStitch(2, block).mix.detach(), torch.tensor([[0.9, 0.1], [0.1, 0.9]]))


def test_gradient_of_one_task_reaches_the_block_of_another() -> None:
    primitive = CrossStitch(2, block)
    primitive(features(2))[0].sum().backward()
    for parameter in primitive.blocks[1].parameters():
        assert parameter.grad is not None
        assert parameter.grad.any()


@mark.parametrize("share", [-0.1, 1.1])
def test_rejects_share_outside_unit_interval(share: float) -> None:
    with raises(ValueError, match=f"`0 <= share <= 1` must hold, but got share={share}"):
        CrossStitch(2, block, share)


def test_rejects_another_number_of_tasks() -> None:
    with raises(ValueError, match="shares between 3 tasks, but got 2 features"):
        CrossStitch(3, block)(features(2))


def test_is_a_plugin() -> None:
    assert cross_stitch.automtl_primitives() == [CrossStitch]
