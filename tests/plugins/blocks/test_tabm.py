from dataclasses import replace
from functools import partial

import torch
from pytest import MonkeyPatch, mark, raises
from tabm import TabM as AuthorsTabM
from torch.testing import assert_close

from automtl.core.block import Features, InputSpec
from automtl.testing import LAYOUT, assert_block_contract, assert_exports_to_onnx
from automtl_plugins.blocks import _opening, tabm
from automtl_plugins.blocks.tabm import TabM

first = Features(LAYOUT.size, layout=LAYOUT)
plain = Features(LAYOUT.size + 4, layout=replace(LAYOUT, n_plain=4))


@mark.parametrize("layers", [1, 2])
def test_contract(layers: int) -> None:
    assert_block_contract(partial(TabM, width=8, members=4, layers=layers, dropout=0.5))


@mark.parametrize("inputs", [first, plain, Features(5, members=3)])
def test_exports_to_onnx(inputs: Features) -> None:
    shape = (7, 3, 5) if inputs.members else (7, inputs.size)
    assert_exports_to_onnx(TabM(inputs, width=4, members=3, layers=2), torch.randn(shape))


def test_zeros_that_are_left_out_make_no_difference(monkeypatch: MonkeyPatch) -> None:
    layout = replace(LAYOUT, n_plain=4000)
    block = TabM(Features(layout.size, layout=layout), width=8, members=4)
    x = torch.randn(7, layout.size) * (torch.arange(layout.size) % 40 < 1)
    found = block(x)
    monkeypatch.setattr(_opening, "MANY", layout.size)
    assert_close(found, block(x))


def test_opens_an_ensemble_axis_and_keeps_one() -> None:
    assert TabM(first, width=8, members=4).outputs == Features(8, members=4)
    assert TabM(Features(5), width=8, members=4).outputs == Features(8, members=4)
    assert TabM(Features(5, members=3), width=8, members=4).outputs == Features(8, members=3)


def test_counts_parameters() -> None:
    width, k, embedding = 8, 4, 6
    numbers, bins = len(LAYOUT.quantiles), max(map(len, LAYOUT.quantiles)) - 1
    size = numbers * embedding + LAYOUT.size - numbers
    embeddings = numbers * embedding * 2 + numbers * bins * embedding
    layer = width * size + k * (size + 2 * width)
    block = TabM(first, width=width, members=k, embedding=embedding)
    assert sum(p.numel() for p in block.parameters()) == embeddings + layer


def test_agrees_with_the_authors_model() -> None:
    block = TabM(first, width=8, members=4, layers=2, embedding=6)
    authors = AuthorsTabM(
        n_num_features=3,
        cat_cardinalities=[3, 2],
        d_out=None,
        num_embeddings=block.embedding,
        n_blocks=2,
        d_block=8,
        dropout=0.0,
        k=4,
        start_scaling_init="normal",
    )
    flags = InputSpec(LAYOUT.quantiles, 0, LAYOUT.categories)
    block = TabM(Features(flags.size, layout=flags), width=8, members=4, layers=2, embedding=6)
    block.embedding = authors.num_module
    block.layers.load_state_dict(authors.backbone.blocks.state_dict())
    numbers, kinds = torch.randn(7, 3), torch.stack([torch.arange(7) % 3, torch.arange(7) % 2], 1)
    hot = [torch.nn.functional.one_hot(kinds[:, i], n) for i, n in enumerate(flags.categories)]
    assert_close(block(torch.cat([numbers, *hot], dim=1)), authors(numbers, kinds))


def test_scalings_of_one_column_start_equal_and_members_apart() -> None:
    scalings = TabM(first, members=4, embedding=6).layers[0][0].r.detach()
    chunks = scalings.split([6, 6, 6, 1, 1, 3, 2], dim=1)
    assert all((chunk == chunk[:, :1]).all() for chunk in chunks)
    assert len(set(scalings[:, 0].tolist())) == 4


def test_members_start_apart_once_only() -> None:
    opening, behind = TabM(Features(5), members=4), TabM(Features(5, members=4))
    assert set(opening.layers[0][0].r.flatten().tolist()) == {-1.0, 1.0}
    assert (behind.layers[0][0].r == 1).all()


@mark.parametrize("layout", [InputSpec((), 2, (3,)), InputSpec(((0.0, 1.0),), 0, ())])
def test_any_kind_of_column_may_be_missing(layout: InputSpec) -> None:
    block = TabM(Features(layout.size, layout=layout), width=8, members=4)
    assert block(torch.randn(7, layout.size)).shape == (7, 4, 8)


def test_nearly_equal_quantiles_do_not_blow_up() -> None:
    layout = InputSpec(((-1e-40, 0.0, 1e-40, 1e-30, 1.0),), 0, ())
    block = TabM(Features(1, layout=layout), width=8, members=4)
    assert block.embedding is not None
    encoded = block.embedding.impl(torch.tensor([[-3.0], [0.0], [3.0]]))
    assert encoded.abs().max() <= 3.0


@mark.parametrize(
    ("options", "value"),
    [
        ({"width": 0}, "width=0"),
        ({"members": 0}, "members=0"),
        ({"layers": 0}, "layers=0"),
        ({"embedding": 0}, "embedding=0"),
        ({"dropout": 1.0}, "dropout=1.0"),
    ],
)
def test_rejects_options_out_of_range(options: dict[str, float], value: str) -> None:
    with raises(ValueError, match=f"must hold, but got .*{value}"):
        TabM(first, **options)


def test_is_a_plugin() -> None:
    assert tabm.automtl_blocks() == [TabM]
