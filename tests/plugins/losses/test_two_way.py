from math import exp, log, log1p
from typing import Any

import torch
from pytest import mark, raises
from torch import Tensor
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.two_way import TwoWay


def test_contract(multilabel: TaskKind, flags: Floats) -> None:
    assert_loss_contract(TwoWay, multilabel, flags)


def _one_way(logits: Tensor, targets: Tensor, there: Tensor) -> list[float]:
    found = []
    for each, wanted, known in zip(logits.tolist(), targets.tolist(), there.tolist(), strict=True):
        labels = list(zip(each, wanted, known, strict=True))
        positive = [exp(-logit / 4) for logit, target, here in labels if here and target]
        negative = [exp(logit / 1) for logit, target, here in labels if here and not target]
        if positive and negative:
            found.append(log1p(exp(4 * log(sum(positive)) + log(sum(negative)))))
    return found


def test_is_its_definition_row_by_row_and_label_by_label(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    expected = 0.0
    for member in range(2):
        logits = outputs[:, member]
        for found in (
            _one_way(logits, targets, there),
            _one_way(logits.T, targets.T, there.T),
        ):
            expected += sum(found) / len(found) / 2 / 3  # of two members and three labels
    assert_close(TwoWay(multilabel)(outputs, targets, there).item(), expected)


def test_what_has_no_positive_or_no_negative_has_no_influence(multilabel: TaskKind) -> None:
    outputs = torch.randn(2, 1, 3, requires_grad=True)
    for targets in (torch.zeros(2, 3), torch.ones(2, 3)):
        loss = TwoWay(multilabel)(outputs, targets, None)
        assert loss == 0.0
        assert not torch.autograd.grad(loss, outputs)[0].any()


def test_only_differences_count(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    loss = TwoWay(multilabel, positive=1.5, negative=2.0)
    assert_close(loss(outputs + 3, targets, there), loss(outputs, targets, there))


def test_rows_and_labels_may_be_in_any_order(multilabel: TaskKind, draw: Any) -> None:
    given = draw()
    outputs, targets, there = (tensor.flip(0).flip(-1) for tensor in given)
    assert_close(TwoWay(multilabel)(outputs, targets, there), TwoWay(multilabel)(*given))


def test_gradient(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    outputs.requires_grad_()
    loss = TwoWay(multilabel)
    assert torch.autograd.gradcheck(lambda free: loss(free, targets, there), [outputs])
    loss(outputs, targets, there).backward()
    assert not outputs.grad[(there == 0).unsqueeze(1).expand_as(outputs)].any()


@mark.parametrize("wrong", [{"positive": 0.0}, {"negative": -1.0}])
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="must hold, but got"):
        TwoWay(multilabel, **wrong)
