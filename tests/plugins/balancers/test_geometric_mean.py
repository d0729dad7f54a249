import torch
from torch.testing import assert_close

from automtl.testing import assert_balancer_contract
from automtl_plugins.balancers.geometric_mean import GeometricMean


def test_contract() -> None:
    assert_balancer_contract(GeometricMean)


def test_is_the_sum_of_equal_losses() -> None:
    assert_close(GeometricMean(4)(torch.full((4,), 0.3)), torch.tensor(1.2))


def test_is_the_root_of_the_product() -> None:
    assert_close(GeometricMean(3)(torch.tensor([1.0, 2.0, 4.0])), torch.tensor(6.0))


def test_the_direction_does_not_depend_on_the_scale_of_a_loss() -> None:
    directions = []
    for scale in (1.0, 1000.0):
        weights = torch.ones(2, requires_grad=True)
        losses = torch.stack([scale * weights[0].square(), weights[1].square()])
        GeometricMean(2)(losses).backward()
        assert weights.grad is not None
        directions.append(weights.grad / weights.grad.norm())
    assert_close(*directions)


def test_a_loss_of_zero_has_a_finite_gradient() -> None:
    losses = torch.tensor([0.0, 1.0], requires_grad=True)
    GeometricMean(2)(losses).backward()
    assert losses.grad is not None
    assert losses.grad.isfinite().all()
