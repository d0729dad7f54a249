import torch
from pytest import raises
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_block_contract, assert_exports_to_onnx
from automtl_plugins.blocks import linear
from automtl_plugins.blocks.linear import Linear


def test_contract() -> None:
    assert_block_contract(Linear)


def test_exports_to_onnx() -> None:
    assert_exports_to_onnx(Linear(Features(5, members=2), width=3), torch.randn(7, 2, 5))


def test_is_affine() -> None:
    block, (x, y) = Linear(Features(5), width=3), torch.randn(2, 7, 5)
    assert_close(block((x + y) / 2), (block(x) + block(y)) / 2)


def test_keeps_the_ensemble_axis() -> None:
    assert Linear(Features(5, members=2), width=3).outputs == Features(3, members=2)


def test_rejects_no_width() -> None:
    with raises(ValueError, match="`width >= 1` must hold, but got width=0"):
        Linear(Features(5), width=0)


def test_is_a_plugin() -> None:
    assert linear.automtl_blocks() == [Linear]
