import torch
from torch.testing import assert_close

from automtl.testing import assert_balancer_contract
from automtl_plugins.balancers.uncertainty import Uncertainty


def test_contract() -> None:
    assert_balancer_contract(Uncertainty)


def test_starts_with_the_sum() -> None:
    losses = torch.rand(4)
    assert_close(Uncertainty(4)(losses), losses.sum())


def test_learns_the_logarithm_of_each_loss() -> None:
    losses = torch.tensor([0.1, 1.0, 5.0])
    balancer = Uncertainty(3)
    optimizer = torch.optim.Adam(balancer.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        balancer(losses).backward()
        optimizer.step()
    [variances] = balancer.parameters()
    assert_close(variances.detach(), losses.log(), atol=1e-3, rtol=0)
    assert_close(balancer(losses).detach(), (1 + losses.log()).sum(), atol=1e-3, rtol=0)
