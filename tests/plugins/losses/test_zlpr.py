from math import exp, log
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.zlpr import ZLPR


def test_contract(multilabel: TaskKind, flags: Floats) -> None:
    assert_loss_contract(ZLPR, multilabel, flags)


def test_is_its_definition_row_by_row(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    there[0] = 0
    found = []
    for row in range(1, len(outputs)):
        for member in range(2):
            positive = negative = 1.0
            for label in range(3):
                logit = float(outputs[row, member, label])
                if there[row, label] and targets[row, label]:
                    positive += exp(-logit)
                elif there[row, label]:
                    negative += exp(logit)
            if there[row].any():
                found.append((log(positive) + log(negative)) / float(there[row].sum()))
    assert_close(ZLPR(multilabel)(outputs, targets, there).item(), sum(found) / len(found))


def test_of_one_label_it_is_cross_entropy(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw(width=1)
    expected = binary_cross_entropy_with_logits(outputs, targets.unsqueeze(1).expand_as(outputs))
    assert_close(ZLPR(multilabel)(outputs, targets, None), expected)


def test_labels_may_be_in_any_order_and_rows_twice(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    expected = ZLPR(multilabel)(outputs, targets, there)
    order = torch.tensor([2, 0, 1])
    found = ZLPR(multilabel)(outputs[..., order], targets[:, order], there[:, order])
    assert_close(found, expected)
    twice = [torch.cat([tensor, tensor]) for tensor in (outputs, targets, there)]
    assert_close(ZLPR(multilabel)(*twice), expected)


def test_gradient_also_of_missing_labels(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    outputs.requires_grad_()
    loss = ZLPR(multilabel)
    assert torch.autograd.gradcheck(lambda free: loss(free, targets, there), [outputs])
    loss(outputs, targets, there).backward()
    assert not outputs.grad[(there == 0).unsqueeze(1).expand_as(outputs)].any()
