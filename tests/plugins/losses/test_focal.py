from typing import Any

import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.focal import Focal


def test_contract(
    multilabel: TaskKind,
    flags: Floats,
    binary: TaskKind,
    answers: NDArray[Any],
    multiclass: TaskKind,
    letters: NDArray[Any],
) -> None:
    assert_loss_contract(Focal, multilabel, flags)
    assert_loss_contract(Focal, binary, answers)
    assert_loss_contract(Focal, multiclass, letters)


def test_without_focus_it_is_cross_entropy(
    multilabel: TaskKind, multiclass: TaskKind, draw: Any
) -> None:
    outputs, targets, _ = draw()
    wanted = targets.unsqueeze(1).expand_as(outputs)
    expected = binary_cross_entropy_with_logits(outputs, wanted)
    assert_close(Focal(multilabel, gamma=0.0)(outputs, targets, None), expected)
    classes = torch.arange(8) % 3
    found = Focal(multiclass, gamma=0.0)(outputs[:, :1], classes.unsqueeze(1), None)
    assert_close(found, cross_entropy(outputs[:, 0], classes))


@mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_is_its_definition(
    gamma: float, multilabel: TaskKind, multiclass: TaskKind, draw: Any
) -> None:
    outputs, targets, _ = draw()
    right = torch.where(targets.unsqueeze(1) == 1, outputs.sigmoid(), 1 - outputs.sigmoid())
    expected = -((1 - right) ** gamma * right.log()).mean()
    assert_close(Focal(multilabel, gamma=gamma)(outputs, targets, None), expected)
    classes = (torch.arange(8) % 3).view(8, 1, 1).expand(8, 2, 1)
    right = outputs.softmax(-1).gather(-1, classes)
    expected = -((1 - right) ** gamma * right.log()).mean()
    assert_close(Focal(multiclass, gamma=gamma)(outputs, classes[:, 0], None), expected)


def test_two_classes_are_as_one_logit(binary: TaskKind, multiclass: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw(width=1)
    two = torch.cat([torch.zeros_like(outputs), outputs], dim=-1)
    expected = Focal(binary)(outputs, targets, there)
    assert_close(Focal(multiclass)(two, targets, there), expected)


def test_gradients(multilabel: TaskKind, multiclass: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    outputs.requires_grad_()
    check = torch.autograd.gradcheck
    assert check(lambda free: Focal(multilabel, gamma=0.5)(free, targets, there), [outputs])
    assert check(lambda free: Focal(multiclass)(free, targets[:, :1], there[:, :1]), [outputs])


def test_rejects_a_negative_focus(multilabel: TaskKind) -> None:
    with raises(ValueError, match=r"`0 <= gamma < inf` must hold, but got gamma=-1"):
        Focal(multilabel, gamma=-1)
