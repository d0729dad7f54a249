import torch
from pytest import mark
from torch import Tensor
from torch.testing import assert_close

from automtl.core.loss import LabelLoss, masked_mean
from automtl_plugins.task_kinds.regression import Regression

LOSSES = torch.arange(12.0).view(3, 2, 2)  # three rows, two members, two labels


class Distance(LabelLoss):
    name = "distance"
    citation = "https://example.org"
    kinds = ("regression",)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).abs()


def test_the_mean_is_over_all_if_nothing_is_missing() -> None:
    assert_close(masked_mean(LOSSES, None), LOSSES.mean())
    assert_close(masked_mean(LOSSES, torch.ones(3, 2)), LOSSES.mean())


@mark.parametrize("gone", [(0, 0), (1, 1), (2, 0)])
def test_the_mean_is_over_what_is_there(gone: tuple[int, int]) -> None:
    there = torch.ones(3, 2)
    there[gone] = 0.0
    known = LOSSES.transpose(1, 2)[there.bool()]
    assert_close(masked_mean(LOSSES, there), known.mean())


def test_the_mean_of_nothing_is_zero_with_a_gradient_of_zero() -> None:
    losses = LOSSES.clone().requires_grad_()
    mean = masked_mean(losses, torch.zeros(3, 2))
    mean.backward()
    assert mean == 0.0
    assert losses.grad is not None
    assert not losses.grad.any()


def test_a_loss_a_label_is_averaged_over_labels_and_members() -> None:
    outputs = torch.tensor([[[1.0], [3.0]], [[0.0], [0.0]], [[9.0], [9.0]]])
    targets, there = torch.tensor([[2.0], [4.0], [0.0]]), torch.tensor([[1.0], [1.0], [0.0]])
    loss = Distance(Regression(0.0, 1.0))
    assert loss.extra_outputs == 0
    assert_close(loss(outputs, targets, there), torch.tensor(2.5))
