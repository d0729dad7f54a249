import torch
from torch.testing import assert_close

from automtl.testing import assert_balancer_contract
from automtl_plugins.balancers.sum import Sum


def test_contract() -> None:
    assert_balancer_contract(Sum)


def test_is_the_sum() -> None:
    losses = torch.rand(5)
    assert_close(Sum(5)(losses), losses.sum())
