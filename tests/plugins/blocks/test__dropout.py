"""Dropout: the distribution of torch's own, whatever the size."""

import torch
from pytest import approx, mark
from torch import nn

from automtl_plugins.blocks._dropout import Dropout


@mark.parametrize("share", [0.001, 0.25, 0.5, 0.9])
def test_a_share_is_dropped_and_the_mean_is_kept(share: float) -> None:
    torch.manual_seed(0)
    ones = torch.ones(1_000_003)
    dropped = Dropout(share)(ones)
    assert (dropped == 0).double().mean() == approx(share, abs=4 * (share / 1e6) ** 0.5)
    assert dropped.double().mean() == approx(1, abs=0.02)
    assert dropped.unique().tolist() == approx([0.0, 1 / (1 - share)], rel=1e-3)


def test_neighbours_and_steps_are_independent() -> None:
    torch.manual_seed(0)
    layer, ones = Dropout(0.5), torch.ones(400_000)
    first, second = (layer(ones) > 0).double(), (layer(ones) > 0).double()
    for lag in (1, 2, 3, 4, 5, 8):
        assert torch.corrcoef(torch.stack([first[lag:], first[:-lag]]))[0, 1].abs() < 0.01
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 0.01


def test_a_seed_decides_the_mask_and_gradients_go_through_what_is_kept() -> None:
    x = torch.rand(7, 3, 5, requires_grad=True)
    outputs = []
    for _ in range(2):
        torch.manual_seed(3)
        outputs.append(Dropout(0.3)(x))
    assert torch.equal(*outputs)
    outputs[0].sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad == 0, outputs[0] == 0)


@mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_type_is_kept(dtype: torch.dtype) -> None:
    assert Dropout(0.5)(torch.ones(9, dtype=dtype)).dtype == dtype


def test_all_may_be_dropped() -> None:
    assert (Dropout(1 - 1e-7)(torch.ones(9)) == 0).all()


@mark.parametrize("layer", [Dropout(0.0), Dropout(0.5).eval()])
def test_nothing_is_dropped_without_a_share_and_in_evaluation(layer: nn.Module) -> None:
    x = torch.randn(4, 6)
    assert torch.equal(layer(x), x)
