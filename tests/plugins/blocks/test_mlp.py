from functools import partial

import torch
from pytest import mark, raises

from automtl.core.block import Features
from automtl.testing import assert_block_contract, assert_exports_to_onnx
from automtl_plugins.blocks import mlp
from automtl_plugins.blocks.mlp import MLP


@mark.parametrize("layers", [1, 3])
def test_contract(layers: int) -> None:
    assert_block_contract(partial(MLP, width=8, layers=layers, dropout=0.5))


def test_exports_to_onnx() -> None:
    block = MLP(Features(5, members=2), width=3, layers=2, dropout=0.5)
    assert_exports_to_onnx(block, torch.randn(7, 2, 5))


def test_counts_parameters() -> None:
    block = MLP(Features(5), width=8, layers=3)
    assert sum(p.numel() for p in block.parameters()) == (5 * 8 + 8) + 2 * (8 * 8 + 8)


def test_outputs_are_not_negative() -> None:
    assert (MLP(Features(5))(torch.randn(7, 5)) >= 0).all()


def test_drops_activations_in_training_only() -> None:
    block, x = MLP(Features(5), width=256, dropout=0.9), torch.randn(7, 5)
    trained = block(x)
    assert (trained == 0).sum() > (block.eval()(x) == 0).sum()


@mark.parametrize(
    ("options", "values"),
    [
        ({"width": 0}, "width=0, layers=1 and dropout=0.0"),
        ({"layers": 0}, "width=128, layers=0 and dropout=0.0"),
        ({"dropout": 1.0}, "width=128, layers=1 and dropout=1.0"),
        ({"dropout": -0.1}, "width=128, layers=1 and dropout=-0.1"),
    ],
)
def test_rejects_options_out_of_range(options: dict[str, float], values: str) -> None:
    with raises(ValueError, match=f"must hold, but got {values}"):
        MLP(Features(5), **options)


def test_is_a_plugin() -> None:
    assert mlp.automtl_blocks() == [MLP]
