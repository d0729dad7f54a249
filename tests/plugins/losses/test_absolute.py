from typing import Any

import torch
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.absolute import Absolute


def test_contract(
    regression: TaskKind, numbers: Floats, multi_output: TaskKind, pairs_of_numbers: Floats
) -> None:
    assert_loss_contract(Absolute, regression, numbers)
    assert_loss_contract(Absolute, multi_output, pairs_of_numbers)


def test_is_the_mean_over_the_labels_that_are_there(multi_output: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw(width=2)
    each = (outputs - targets.unsqueeze(1)).abs().transpose(1, 2)
    assert_close(Absolute(multi_output)(outputs, targets, there), each[there.bool()].mean())


def test_a_constant_comes_to_the_median(regression: TaskKind) -> None:
    targets = torch.tensor([0.0, 1.0, 2.0, 3.0, 100.0]).unsqueeze(1)
    constant = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.SGD([constant], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        Absolute(regression)(constant.expand(5, 1, 1), targets, None).backward()
        optimizer.step()
    assert_close(constant.detach(), torch.tensor(2.0), atol=0.05, rtol=0)
