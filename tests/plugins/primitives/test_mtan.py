from functools import partial

import torch
from pytest import mark
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import LAYOUT, assert_exports_to_onnx, assert_primitive_contract
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.blocks.tabm import TabM
from automtl_plugins.primitives import mtan
from automtl_plugins.primitives.mtan import MTAN

block = partial(MLP, Features(5), width=3)
opening = partial(TabM, Features(LAYOUT.size, layout=LAYOUT), width=3, members=2)


def test_contract() -> None:
    assert_primitive_contract(MTAN)


def test_exports_to_onnx_where_the_block_adds_the_ensemble_axis() -> None:
    shared, other = torch.randn(2, 7, LAYOUT.size)
    assert_exports_to_onnx(MTAN(3, opening), [shared, other, shared])


def test_computes_its_block_once() -> None:
    primitive, calls = MTAN(3, block), list[Tensor]()
    primitive.block.register_forward_hook(lambda _module, _given, output: calls.append(output))
    primitive(list(torch.randn(3, 7, 5)))
    assert len(calls) == 1


@mark.parametrize("make", [block, opening])
def test_a_mask_lets_a_part_of_the_shared_output_through(
    make: partial[MLP] | partial[TabM],
) -> None:
    primitive = MTAN(2, make)
    given = list(torch.randn(2, 7, primitive.block.inputs.size))
    shared = primitive.block((given[0] + given[1]) / 2)
    for output in primitive(given):
        assert (output.abs() <= shared.abs()).all()
        assert (output * shared >= 0).all()
        assert not torch.equal(output, shared)


def test_masks_are_between_zero_and_one() -> None:
    primitive = MTAN(2, block)
    for mask in primitive.masks:
        values = mask(torch.randn(100, 10))
        assert ((values > 0) & (values < 1)).all()


def test_masks_that_pass_everything_are_hard_sharing() -> None:
    primitive, x = MTAN(2, block), torch.randn(7, 5)
    with torch.no_grad():
        for mask in primitive.masks:
            mask[3].weight.zero_()
            mask[3].bias.fill_(30.0)
    assert_close(list(primitive([x, x])), [primitive.block(x)] * 2)


def test_tasks_on_one_feature_still_have_masks_of_their_own() -> None:
    first, second = MTAN(2, block)([torch.randn(7, 5)] * 2)
    assert not torch.allclose(first, second)


def test_gradient_of_one_task_leaves_the_mask_of_another_alone() -> None:
    primitive = MTAN(2, block)
    primitive(list(torch.randn(2, 7, 5)))[0].sum().backward()
    assert all(parameter.grad is None for parameter in primitive.masks[1].parameters())


def test_is_a_plugin() -> None:
    assert mtan.automtl_primitives() == [MTAN]
