from typing import Any

import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.focal import Focal
from automtl_plugins.losses.hill import Hill


def test_contract(
    multilabel: TaskKind, flags: Floats, binary: TaskKind, answers: NDArray[Any]
) -> None:
    assert_loss_contract(Hill, multilabel, flags)
    assert_loss_contract(Hill, binary, answers)


def test_is_its_definition(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw()
    p, shifted, y = outputs.sigmoid(), (outputs - 1).sigmoid(), targets.unsqueeze(1)
    positive, negative = -((1 - shifted) ** 2) * shifted.log(), (1.5 - p) * p**2
    expected = (y * positive + (1 - y) * negative).mean()
    assert_close(Hill(multilabel)(outputs, targets, None), expected)


def test_positives_without_margin_are_focal(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw()
    given = outputs, torch.ones_like(targets), None
    assert_close(Hill(multilabel, margin=0.0)(*given), Focal(multilabel)(*given))


def test_a_negative_that_looks_positive_is_doubted(multilabel: TaskKind) -> None:
    logits = torch.tensor([-6.0, 0.0, 6.0]).view(3, 1, 1).expand(3, 1, 3).requires_grad_()
    loss = Hill(multilabel)(logits, torch.zeros(3, 3), None)
    easy, unsure, doubted = torch.autograd.grad(loss, logits)[0][:, 0, 0].tolist()
    assert unsure > 5 * easy > 0
    assert unsure > 5 * doubted > 0


def test_gradient(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    loss = Hill(multilabel)
    check = torch.autograd.gradcheck
    assert check(lambda free: loss(free, targets, there), [outputs.requires_grad_()])


@mark.parametrize("wrong", [{"margin": -1.0}, {"gamma": -1.0}])
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="must hold, but got"):
        Hill(multilabel, **wrong)
