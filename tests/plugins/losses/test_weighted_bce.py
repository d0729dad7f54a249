from functools import partial
from typing import Any

import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.testing import assert_close

from automtl.core.task import Floats, TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.class_weighted import ClassWeighted
from automtl_plugins.losses.weighted_bce import WeightedBCE


def test_contract(
    multilabel: TaskKind, flags: Floats, binary: TaskKind, answers: NDArray[Any]
) -> None:
    assert_loss_contract(partial(WeightedBCE, power=1.0, smoothing=0.1), multilabel, flags)
    assert_loss_contract(WeightedBCE, binary, answers)


def test_without_power_it_is_cross_entropy(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw()
    wanted = targets.unsqueeze(1).expand_as(outputs)
    each = binary_cross_entropy_with_logits(outputs, wanted, reduction="none").mean(1)
    expected = (each * there).sum() / there.sum()
    assert_close(WeightedBCE(multilabel, power=0.0)(outputs, targets, there), expected)


def test_its_ratio_of_weights_is_that_of_torch(multilabel: TaskKind, draw: Any) -> None:
    outputs, targets, _ = draw()
    ratio = torch.tensor([3 / 2, 2.0, 3 / 2], dtype=torch.float64)
    wanted = targets.unsqueeze(1).expand_as(outputs)
    each = binary_cross_entropy_with_logits(outputs, wanted, reduction="none", pos_weight=ratio)
    share = torch.tensor([5 / 6, 6 / 8, 5 / 6], dtype=torch.float64)  # of all, twice the negatives
    assert_close(WeightedBCE(multilabel, power=1.0)(outputs, targets, None), (each * share).mean())


def test_of_one_label_it_is_the_loss_of_two_classes(binary: TaskKind, draw: Any) -> None:
    given = draw(width=1)
    for power, smoothing in ((0.0, 0.0), (0.5, 0.0), (1.0, 0.2)):
        settings = {"power": power, "smoothing": smoothing}
        found = WeightedBCE(binary, **settings)(*given)
        assert_close(found, ClassWeighted(binary, **settings)(*given))


def test_smoothing_draws_probabilities_from_the_ends(multilabel: TaskKind) -> None:
    logits = torch.zeros(1, 1, 3, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        loss = WeightedBCE(multilabel, power=0.0, smoothing=0.2)
        loss(logits, torch.tensor([[1.0, 0.0, 1.0]]), None).backward()
        optimizer.step()
    expected = torch.tensor([[[0.9, 0.1, 0.9]]])
    assert_close(logits.detach().sigmoid(), expected, atol=1e-3, rtol=0)


@mark.parametrize("wrong", [{"power": -0.1}, {"power": 1.1}, {"smoothing": 1.0}])
def test_rejects(wrong: dict[str, float], multilabel: TaskKind) -> None:
    with raises(ValueError, match="must hold"):
        WeightedBCE(multilabel, **wrong)
