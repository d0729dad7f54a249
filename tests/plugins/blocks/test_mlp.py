from functools import partial

import torch
from pytest import mark, raises

from automtl.core.block import Features, InputSpec
from automtl.testing import LAYOUT, assert_block_contract, assert_exports_to_onnx
from automtl_plugins.blocks import mlp
from automtl_plugins.blocks.mlp import MLP

SIZE = LAYOUT.size
FIRST = Features(SIZE, layout=LAYOUT)


@mark.parametrize("layers", [1, 3])
@mark.parametrize("embedding", [0, 4])
def test_contract(layers: int, embedding: int) -> None:
    assert_block_contract(partial(MLP, width=8, layers=layers, dropout=0.5, embedding=embedding))


@mark.parametrize(("inputs", "shape"), [(Features(5, members=2), (7, 2, 5)), (FIRST, (7, SIZE))])
def test_exports_to_onnx(inputs: Features, shape: tuple[int, ...]) -> None:
    block = MLP(inputs, width=3, layers=2, dropout=0.5, embedding=4)
    assert_exports_to_onnx(block, torch.randn(shape))


def test_embeds_numbers_at_the_first_stage_only() -> None:
    n_numbers, width = len(LAYOUT.quantiles), 8
    first = MLP(FIRST, width=width, embedding=4).layers[0][0]
    assert first.in_features == SIZE + 3 * n_numbers
    assert MLP(Features(SIZE), width=width, embedding=4).embedding is None
    no_numbers = InputSpec((), 2, (3,))
    bare = MLP(Features(no_numbers.size, layout=no_numbers), embedding=4)
    assert bare.layers[0][0].in_features == no_numbers.size


def test_an_embedding_bends_at_the_edges_of_bins() -> None:
    layout = InputSpec(((0.0, 1.0, 2.0),), 0, ())
    block = MLP(Features(1, layout=layout), width=8, embedding=4)
    assert block.embedding is not None
    torch.nn.init.normal_(block.embedding.linear.weight)
    x = torch.linspace(-1, 3, 41).unsqueeze(1)
    bend = block.embedding(x).flatten(1).diff(dim=0).diff(dim=0).abs().sum(1) > 1e-4
    assert (x[1:-1][bend] - 1).abs().max() < 0.15


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
        ({"width": 0}, "width=0, layers=1, dropout=0.0 and embedding=0"),
        ({"layers": 0}, "width=128, layers=0, dropout=0.0 and embedding=0"),
        ({"dropout": 1.0}, "width=128, layers=1, dropout=1.0 and embedding=0"),
        ({"dropout": -0.1}, "width=128, layers=1, dropout=-0.1 and embedding=0"),
        ({"embedding": -1}, "width=128, layers=1, dropout=0.0 and embedding=-1"),
    ],
)
def test_rejects_options_out_of_range(options: dict[str, float], values: str) -> None:
    with raises(ValueError, match=f"must hold, but got {values}"):
        MLP(Features(5), **options)


def test_is_a_plugin() -> None:
    assert mlp.automtl_blocks() == [MLP]
