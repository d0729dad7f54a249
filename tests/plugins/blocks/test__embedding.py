import warnings
from itertools import pairwise

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import fixture, mark
from rtdl_num_embeddings import PiecewiseLinearEmbeddings
from torch.testing import assert_close

from automtl.core.block import InputSpec
from automtl_plugins.blocks._embedding import (
    NARROWEST,
    WIDEST,
    _edges,
    affordable,
    embed,
    make_embedding,
)

QUANTILES = ((0.0, 1.0, 2.0), (-1.0, 0.5))
LAYOUT = InputSpec(QUANTILES, 1, (3,))


@fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(layout: InputSpec, size: int) -> PiecewiseLinearEmbeddings:
    """With weights that are not zero, as they are at first."""
    embedding = make_embedding(layout, size)
    assert embedding is not None
    for parameter in embedding.parameters():
        torch.nn.init.normal_(parameter)
    return embedding


@given(st.integers(1, 64), st.integers(0, 3000))
def test_a_row_of_embeddings_is_as_wide_as_is_affordable(size: int, n_numbers: int) -> None:
    found = affordable(size, InputSpec(((0.0, 1.0),) * n_numbers, 0, ()))
    assert min(size, 2) <= found <= size
    assert found * n_numbers <= WIDEST or found <= 2
    if found < size and found > 2:
        assert (found + 1) * n_numbers > WIDEST


def test_without_numbers_the_widest_is_affordable_and_nothing_is_embedded() -> None:
    for layout in (None, InputSpec((), 2, (3,))):
        assert affordable(WIDEST, layout) == WIDEST
        assert make_embedding(layout, 4) is None


def test_the_embeddings_are_the_authors_own() -> None:
    ours = made(LAYOUT, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bins = [torch.tensor(quantiles) for quantiles in QUANTILES]
        theirs = PiecewiseLinearEmbeddings(bins, 4, activation=False, version="B")
    theirs.load_state_dict(ours.state_dict())
    x = 2 * torch.randn(9, 2)
    assert_close(ours(x), theirs(x))


def test_it_is_linear_between_the_edges_and_outside_them() -> None:
    embedding = made(InputSpec(((0.0, 1.0, 3.0),), 0, ()), 5)
    at = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0])[:, None]
    bends = embedding(at).flatten(1).diff(dim=0).diff(dim=0).abs().amax(1) > 1e-4
    assert bends.tolist() == [False, False, True, False, False, False]  # at 1 alone


def test_numbers_are_embedded_side_by_side_and_the_rest_is_as_it_was() -> None:
    embedding = made(LAYOUT, 3)
    x = torch.randn(7, LAYOUT.size)
    found = embed(x, embedding, LAYOUT)
    assert_close(found, torch.cat([*embedding(x[:, :2]).unbind(1), x[:, 2:]], dim=1))
    x[:, 1] += 1
    differs = (embed(x, embedding, LAYOUT) != found).any(0)
    assert differs.tolist() == [False] * 3 + [True] * 3 + [False] * (LAYOUT.size - 2)


def test_a_column_with_two_quantiles_needs_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert make_embedding(InputSpec(((0.0, 1.0),), 0, ()), 4) is not None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), min_size=0, max_size=9), st.booleans())
def test_inner_edges_keep_their_distance_and_outer_ones_stay(
    inner: list[float], close: bool
) -> None:
    scale = NARROWEST if close else 1.0
    quantiles = tuple(scale * value for value in (-1.5, *sorted(inner), 1.5))
    edges = _edges(quantiles).double().tolist()
    assert torch.equal(_edges(quantiles)[[0, -1]], torch.tensor([quantiles[0], quantiles[-1]]))
    assert all(after - before > 0.999 * NARROWEST for before, after in pairwise(edges))
    left_out = {quantile for quantile in quantiles if torch.tensor(quantile) not in edges}
    assert all(min(abs(edge - one) for edge in edges) < 1.001 * NARROWEST for one in left_out)


@mark.parametrize("width", [1e-40, 1e-6])
def test_a_column_that_hardly_varies_has_one_bin(width: float) -> None:
    assert len(_edges((0.0, width / 2, width))) == 2
