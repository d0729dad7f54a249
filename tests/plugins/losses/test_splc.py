from typing import Any

import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.focal import Focal
from automtl_plugins.losses.splc import SPLC


def _late(kind: TaskKind, **options: Any) -> SPLC:
    loss = SPLC(kind, **options)
    loss.epoch = 7
    return loss


def test_contract(
    multilabel: TaskKind, flags: Floats, binary: TaskKind, answers: NDArray[Any]
) -> None:
    assert_loss_contract(SPLC, multilabel, flags)
    assert_loss_contract(_late, multilabel, flags)
    assert_loss_contract(_late, binary, answers)


def test_in_the_first_epoch_without_margin_it_is_focal(multilabel: TaskKind, draw: Any) -> None:
    given = draw()
    assert_close(SPLC(multilabel, margin=0.0)(*given), Focal(multilabel)(*given))


def test_positives_have_a_margin(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    shifted = outputs - targets.unsqueeze(1)
    expected = Focal(multilabel)(shifted, targets, there)
    assert_close(SPLC(multilabel)(outputs, targets, there), expected)


def test_later_negatives_above_the_threshold_are_positives(multilabel: TaskKind) -> None:
    outputs = torch.tensor([0.59, 0.61, 0.99]).logit().view(1, 1, 3)
    found = _late(multilabel)(outputs, torch.zeros(1, 3), None)
    assert_close(found, Focal(multilabel)(outputs, torch.tensor([[0.0, 1.0, 1.0]]), None))


def test_it_begins_with_the_epoch_that_is_asked_for(multilabel: TaskKind) -> None:
    outputs, targets = torch.full((1, 1, 3), 4.0), torch.zeros(1, 3)
    loss, found = SPLC(multilabel, start=2), []
    for epoch in range(4):
        loss.epoch = epoch
        found.append(loss(outputs, targets, None).item())
    assert found[0] == found[1] > 1 > 0.1 > found[2] == found[3]


def test_positives_stay_positive_and_missing_ones_missing(multilabel: TaskKind) -> None:
    outputs = torch.full((1, 1, 3), 4.0, requires_grad=True)
    targets, there = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    _late(multilabel)(outputs, targets, there).backward()
    assert outputs.grad is not None
    positive, corrected, missing = outputs.grad[0, 0].tolist()
    assert positive < corrected < 0 == missing


def test_gradient(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    loss = _late(multilabel)
    check = torch.autograd.gradcheck
    assert check(lambda free: loss(free, targets, there), [outputs.requires_grad_()])


@mark.parametrize(
    "wrong", [{"threshold": 0.0}, {"threshold": 1.0}, {"margin": -1.0}, {"start": -1}]
)
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="must hold, but got"):
        SPLC(multilabel, **wrong)
