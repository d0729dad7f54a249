from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.asymmetric import Asymmetric
from automtl_plugins.losses.focal import Focal


def test_contract(
    multilabel: TaskKind, flags: Floats, binary: TaskKind, answers: NDArray[Any]
) -> None:
    assert_loss_contract(Asymmetric, multilabel, flags)
    assert_loss_contract(partial(Asymmetric, negative=1.0), multilabel, flags)
    assert_loss_contract(partial(Asymmetric, negative=0.01), multilabel, flags)
    assert_loss_contract(partial(Asymmetric, negative=0.5), binary, answers)
    assert_loss_contract(partial(Asymmetric, negative=0.0), binary, answers)
    assert_loss_contract(partial(Asymmetric, margin=0.0), binary, answers)


def test_without_focus_and_margin_it_is_cross_entropy(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw()
    expected = binary_cross_entropy_with_logits(outputs, targets.unsqueeze(1).expand_as(outputs))
    loss = Asymmetric(multilabel, positive=0.0, negative=0.0, margin=0.0)
    assert_close(loss(outputs, targets, None), expected)


def test_with_one_focus_and_no_margin_it_is_focal(multilabel: TaskKind, draw: Any) -> None:
    given = draw()
    loss = Asymmetric(multilabel, positive=2.0, negative=2.0, margin=0.0)
    assert_close(loss(*given), Focal(multilabel, gamma=2.0)(*given))


def test_is_its_definition(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw()
    p, y = outputs.sigmoid(), targets.unsqueeze(1)
    shifted = (p - 0.1).clamp(min=0)
    positive, negative = (1 - p) * p.log(), shifted**3 * (1 - shifted).log()
    loss = Asymmetric(multilabel, positive=1.0, negative=3.0, margin=0.1)
    expected = -(y * positive + (1 - y) * negative).mean()
    assert_close(loss(outputs, targets, None), expected)


def test_the_margin_nearly_gone_is_none(multilabel: TaskKind, draw: Any) -> None:
    given = draw()
    found = Asymmetric(multilabel, margin=1e-12)(*given)
    assert_close(found, Asymmetric(multilabel, margin=0.0)(*given))


def test_a_very_easy_negative_is_left_alone(multilabel: TaskKind) -> None:
    outputs = torch.full((1, 1, 3), -3.0, requires_grad=True)  # a probability of .047
    loss = Asymmetric(multilabel)(outputs, torch.zeros(1, 3), None)
    loss.backward()
    assert loss == 0.0
    assert outputs.grad is not None
    assert not outputs.grad.any()


@mark.parametrize("negative", [0.0, 0.01, 0.5, 1.0, 4.0])
def test_the_gradient_is_finite_where_a_negative_begins_to_count(
    negative: float, multilabel: TaskKind
) -> None:
    edge = torch.tensor(0.05).logit()
    outputs = (edge + torch.linspace(-1e-5, 1e-5, 101)).repeat(3, 1).T.unsqueeze(1)
    outputs = outputs.requires_grad_()
    loss = Asymmetric(multilabel, negative=negative, margin=0.05)
    loss(outputs, torch.zeros(101, 3), None).backward()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()
    assert outputs.grad.abs().max() <= 0.05 * 2 / outputs.numel()


@mark.parametrize("negative", [0.1, 0.5, 4.0])
def test_gradient(negative: float, multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    loss = Asymmetric(multilabel, negative=negative)
    check = torch.autograd.gradcheck
    assert check(lambda free: loss(free, targets, there), [outputs.requires_grad_()])


@mark.parametrize("wrong", [{"positive": -1.0}, {"negative": -0.5}, {"margin": 1.0}])
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="must"):
        Asymmetric(multilabel, **wrong)
