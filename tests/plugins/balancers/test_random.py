import torch
from torch.testing import assert_close

from automtl.testing import assert_balancer_contract
from automtl_plugins.balancers.random import Random


def test_contract() -> None:
    assert_balancer_contract(Random)


def test_is_the_sum_of_equal_losses() -> None:
    assert_close(Random(4)(torch.full((4,), 0.3)), torch.tensor(1.2))


def test_is_the_sum_on_average() -> None:
    losses, balancer = torch.tensor([0.2, 1.0, 3.0]), Random(3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        drawn = torch.stack([balancer(losses) for _ in range(2000)])
    standard_error = drawn.std() / len(drawn) ** 0.5
    assert abs(drawn.mean() - losses.sum()) < 4 * standard_error
    assert drawn.min() >= 3 * losses.min()
    assert drawn.max() <= 3 * losses.max()
