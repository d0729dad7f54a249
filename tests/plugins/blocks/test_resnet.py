from functools import partial

import torch
from pytest import mark, raises
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_block_contract, assert_exports_to_onnx
from automtl_plugins.blocks import resnet
from automtl_plugins.blocks.resnet import ResNet


def test_contract() -> None:
    assert_block_contract(partial(ResNet, width=8, dropout=0.5))


def test_exports_to_onnx() -> None:
    block = ResNet(Features(5, members=2), width=4, dropout=0.5)
    assert_exports_to_onnx(block, torch.randn(7, 2, 5))


def test_counts_parameters() -> None:
    block = ResNet(Features(5), width=8, expansion=3)
    stem, branch, norms = 5 * 8 + 8, (8 * 24 + 24) + (24 * 8 + 8), 2 * (8 + 8)
    assert sum(p.numel() for p in block.parameters()) == stem + branch + norms


def test_without_its_branch_is_the_normalised_stem() -> None:
    block, x = ResNet(Features(5), width=8), torch.randn(7, 5)
    with torch.no_grad():
        block.branch[-1].weight.zero_()
        block.branch[-1].bias.zero_()
    stem = block.stem(x)
    assert_close(block(x), torch.layer_norm(stem, [8]).relu())


def test_members_are_mapped_each_for_itself() -> None:
    block, x = ResNet(Features(5, members=3), width=8), torch.randn(7, 3, 5)
    assert_close(block(x)[:, 1], block(x[:, 1]))


@mark.parametrize(
    ("options", "values"),
    [
        ({"width": 0}, "width=0, expansion=2 and dropout=0.0"),
        ({"expansion": 0}, "width=128, expansion=0 and dropout=0.0"),
        ({"dropout": 1.0}, "width=128, expansion=2 and dropout=1.0"),
    ],
)
def test_rejects_options_out_of_range(options: dict[str, float], values: str) -> None:
    with raises(ValueError, match=f"must hold, but got {values}"):
        ResNet(Features(5), **options)


def test_is_a_plugin() -> None:
    assert resnet.automtl_blocks() == [ResNet]
