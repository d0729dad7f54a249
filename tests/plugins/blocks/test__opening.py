"""The layer that leaves out products with zeros, against the authors' layer, which does not."""

from collections.abc import Callable

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import MonkeyPatch, mark
from tabm import LinearBatchEnsemble
from torch import Tensor
from torch.testing import assert_close

from automtl.testing import assert_exports_to_onnx
from automtl_plugins.blocks import _opening
from automtl_plugins.blocks._opening import MANY, OpeningLayer

MEMBERS, WIDTH = 3, 5


@given(st.integers(1, 70), st.sampled_from([0, 1, 7]), st.integers(0, 2**16))
@settings(max_examples=25, deadline=None)
def test_values_and_gradients_are_those_of_the_authors_layer(
    n_rows: int, n_first: int, seed: int
) -> None:
    torch.manual_seed(seed)
    rest, first = _mostly_zero(n_rows, 2 * MANY), torch.randn(n_rows, n_first, requires_grad=True)
    ours = OpeningLayer(n_first + 2 * MANY, WIDTH, k=MEMBERS, scaling_init=("normal", "ones"))
    theirs = LinearBatchEnsemble(n_first + 2 * MANY, WIDTH, k=MEMBERS, scaling_init="ones")
    theirs.load_state_dict(ours.state_dict())
    weights = torch.randn(n_rows, MEMBERS, WIDTH)
    plain = torch.cat([first, rest], dim=1).unsqueeze(1).expand(-1, MEMBERS, -1)
    opened, expected = ours((first if n_first else None, rest)), theirs(plain)
    assert_close(opened, expected)
    wanted = torch.autograd.grad((expected * weights).sum(), [*theirs.parameters(), first])
    given_first = [first] if n_first else []
    found = torch.autograd.grad((opened * weights).sum(), [*ours.parameters(), *given_first])
    for gradient, other in zip(found, wanted, strict=False):
        assert_close(gradient, other, rtol=1e-4, atol=1e-4)


@mark.parametrize(
    ("rest", "leaves_out"),
    [
        (lambda: _mostly_zero(9, 2 * MANY), True),
        (lambda: torch.zeros(9, 2 * MANY), True),
        (lambda: _mostly_zero(9, MANY), False),
        (lambda: torch.ones(9, 2 * MANY), False),
        (lambda: _mostly_zero(9, 2 * MANY).requires_grad_(), False),
    ],
)
def test_products_with_zeros_are_left_out_where_there_are_many(
    rest: Callable[[], Tensor], leaves_out: bool, monkeypatch: MonkeyPatch
) -> None:
    asked, original = [], _opening._map_what_is_there
    monkeypatch.setattr(
        _opening, "_map_what_is_there", lambda *given: asked.append(1) or original(*given)
    )
    values = rest()
    layer = OpeningLayer(values.shape[1], WIDTH, k=MEMBERS, scaling_init=("normal", "ones"))
    assert_close(layer((None, values)), LinearBatchEnsemble.forward(layer, values.unsqueeze(1)))
    assert bool(asked) is leaves_out


def test_a_gradient_reaches_zeros_where_one_is_asked_for() -> None:
    rest = torch.zeros(2, 2 * MANY, requires_grad=True)
    layer = OpeningLayer(2 * MANY, WIDTH, k=MEMBERS, scaling_init=("normal", "ones"))
    (gradient,) = torch.autograd.grad(layer((None, rest)).sum(), [rest])
    assert (gradient != 0).all()


def test_exports_with_all_products() -> None:
    class Only(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = OpeningLayer(2 * MANY, WIDTH, k=MEMBERS, scaling_init=("normal", "ones"))

        def forward(self, x: Tensor) -> Tensor:
            return self.layer((None, x))

    assert_exports_to_onnx(Only(), _mostly_zero(7, 2 * MANY))


def _mostly_zero(n_rows: int, n_columns: int) -> Tensor:
    """Rows with other numbers of values, one of them with none."""
    there = torch.rand(n_rows, n_columns) < torch.rand(n_rows, 1) * 0.03
    there[0] = False
    return torch.randn(n_rows, n_columns) * there
