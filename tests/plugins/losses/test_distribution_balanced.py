from functools import partial
from typing import Any

import torch
from pytest import mark, raises
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.distribution_balanced import DistributionBalanced
from automtl_plugins.losses.focal import Focal

NEGATIVES, POSITIVES = torch.tensor([[3.0, 4.0, 3.0], [2.0, 2.0, 2.0]], dtype=torch.float64)


def test_contract(multilabel: TaskKind, flags: Floats) -> None:
    assert_loss_contract(DistributionBalanced, multilabel, flags)
    assert_loss_contract(partial(DistributionBalanced, gamma=0.0), multilabel, flags)


def test_is_its_definition(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    targets[0] = 0
    r = (1 / POSITIVES) / (targets / POSITIVES).sum(1, keepdim=True)
    weights = (0.1 + 1 / (1 + torch.exp(-10 * (r - 0.2)))).unsqueeze(1)
    z = outputs - 0.1 * torch.log(NEGATIVES / POSITIVES) / 5
    y = targets.unsqueeze(1)
    each = -weights * (y * logsigmoid(z) + (1 - y) / 5 * logsigmoid(-5 * z))
    expected = (each.mean(1) * there).sum() / there.sum()
    loss = DistributionBalanced(multilabel, gamma=0.0)
    assert_close(loss(outputs, targets, there), expected)


def test_without_all_of_it_it_is_focal(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    even = {"alpha": 1.0, "mu": 1e6, "kappa": 0.0, "scale": 1.0}
    found = DistributionBalanced(multilabel, **even)(outputs, targets, there)
    rows = targets.any(1)  # where there is no positive, the weight has its upper bound
    assert not rows.all()
    each = Focal(multilabel).each(outputs, targets.unsqueeze(1)).mean(1)
    weights = torch.where(rows, 1.0, 2.0).unsqueeze(1)
    assert_close(found, (each * there * weights).sum() / there.sum())
    plain = DistributionBalanced(multilabel, **even, gamma=0.0)
    kept = outputs[rows]
    expected = binary_cross_entropy_with_logits(kept, targets[rows].unsqueeze(1).expand_as(kept))
    assert_close(plain(kept, targets[rows], None), expected)


def test_a_missing_positive_is_no_part_of_the_weights(multilabel: TaskKind) -> None:
    outputs = torch.randn(1, 1, 3)
    targets, there = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    loss = DistributionBalanced(multilabel)
    expected = loss(outputs, targets, there)
    lied = torch.tensor([[1.0, 0.0, 1.0]])
    assert_close(loss(outputs, lied, there), expected)


def test_gradient(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    loss = DistributionBalanced(multilabel)
    check = torch.autograd.gradcheck
    assert check(lambda free: loss(free, targets, there), [outputs.requires_grad_()])


@mark.parametrize("wrong", [{"alpha": -1.0}, {"kappa": -1.0}, {"scale": 0.0}, {"beta": 0.0}])
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="but got"):
        DistributionBalanced(multilabel, **wrong)
