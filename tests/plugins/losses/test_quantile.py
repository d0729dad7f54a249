from functools import partial
from typing import Any

import torch
from pytest import mark, raises
from sklearn.metrics import mean_pinball_loss
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.absolute import Absolute
from automtl_plugins.losses.quantile import Quantile


def test_contract(
    regression: TaskKind, numbers: Floats, multi_output: TaskKind, pairs_of_numbers: Floats
) -> None:
    assert_loss_contract(partial(Quantile, level=0.9), regression, numbers)
    assert_loss_contract(Quantile, multi_output, pairs_of_numbers)


def test_in_the_middle_it_is_half_the_absolute_error(multi_output: TaskKind, draw: Any) -> None:
    given = draw(width=2)
    assert_close(Quantile(multi_output)(*given), Absolute(multi_output)(*given) / 2)


@mark.parametrize("level", [0.1, 0.5, 0.8])
def test_agrees_with_scikit_learn(level: float, regression: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw(width=1)
    found = Quantile(regression, level=level)(outputs[:, :1], targets, None)
    expected = mean_pinball_loss(targets[:, 0], outputs[:, 0, 0], alpha=level)
    assert_close(found.item(), float(expected))


def test_a_constant_comes_to_the_quantile(regression: TaskKind) -> None:
    targets = torch.linspace(0, 1, 101).unsqueeze(1)
    constant = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.SGD([constant], lr=0.02)
    for _ in range(500):
        optimizer.zero_grad()
        Quantile(regression, level=0.8)(constant.expand(101, 1, 1), targets, None).backward()
        optimizer.step()
    assert_close(constant.detach(), torch.tensor(0.8), atol=0.02, rtol=0)


@mark.parametrize("level", [0.0, 1.0])
def test_rejects(level: float, regression: TaskKind) -> None:
    with raises(ValueError, match="`0 < level < 1` must hold, but got level="):
        Quantile(regression, level=level)
