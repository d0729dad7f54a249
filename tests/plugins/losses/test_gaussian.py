import math
from typing import Any

import torch
from pytest import mark, raises
from torch.nn import GaussianNLLLoss
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.gaussian import Gaussian

LIFT = -math.log(0.01)  # the constant that keeps the loss from being negative


def test_contract(
    regression: TaskKind, numbers: Floats, multi_output: TaskKind, pairs_of_numbers: Floats
) -> None:
    assert_loss_contract(Gaussian, regression, numbers)
    assert_loss_contract(Gaussian, multi_output, pairs_of_numbers)


def test_the_head_gives_a_mean_and_a_variance_a_target(
    regression: TaskKind, multi_output: TaskKind
) -> None:
    assert Gaussian(regression).extra_outputs == 1
    assert Gaussian(multi_output).extra_outputs == 2


def test_of_variance_one_it_is_half_the_squared_error(regression: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw(width=1)
    given = torch.cat([outputs, torch.zeros_like(outputs)], dim=-1)
    expected = 0.5 * regression.loss(outputs, targets).mean() + LIFT
    assert_close(Gaussian(regression)(given, targets, None), expected)


def test_agrees_with_torch(multi_output: TaskKind, draw: Any) -> None:
    means, targets, there = draw(width=2)
    raw = torch.randn_like(means)
    bound = 2 * LIFT
    variances = (bound * torch.tanh(raw / bound)).exp()
    each = GaussianNLLLoss(reduction="none")(
        means, targets.unsqueeze(1).expand_as(means), variances
    )
    expected = (each.mean(1) * there).sum() / there.sum() + LIFT
    found = Gaussian(multi_output)(torch.cat([means, raw], dim=-1), targets, there)
    assert_close(found, expected)


def test_learns_mean_and_spread(regression: TaskKind) -> None:
    targets = torch.tensor([1.0, 2.0, 3.0, 6.0]).unsqueeze(1)
    constant = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([constant], lr=0.05)
    loss = Gaussian(regression)
    for _ in range(800):
        optimizer.zero_grad()
        loss(constant.expand(4, 1, 2), targets, None).backward()
        optimizer.step()
    mean, raw = constant.detach()
    assert_close(mean, targets.mean(), atol=1e-2, rtol=0)
    variance = (loss.bound * torch.tanh(raw / loss.bound)).exp()
    assert_close(variance, targets.var(correction=0), rtol=1e-2, atol=0)


def test_gradient(multi_output: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw(width=2)
    given = torch.cat([outputs, outputs.flip(0)], dim=-1).requires_grad_()
    loss = Gaussian(multi_output)
    assert torch.autograd.gradcheck(lambda free: loss(free, targets, there), [given])


@mark.parametrize("least", [0.0, 1.0])
def test_rejects(least: float, regression: TaskKind) -> None:
    with raises(ValueError, match="`0 < least < 1` must hold, but got least="):
        Gaussian(regression, least=least)
