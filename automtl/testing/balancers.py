"""The contract of balancers."""

from collections.abc import Callable

import torch
from torch import Tensor

from automtl.core.balancer import Balancer
from automtl.testing.common import check_named, check_trained, seeded


@seeded()
def assert_balancer_contract(make: Callable[[int], Balancer]) -> None:
    """
    Asserts of a balancer, with one and three losses, of which one may be zero or detached: it
    gives a finite scalar, whose gradient is finite and rewards no loss for growing; a gradient
    reaches all parameters.
    """
    for values in ([0.7], [0.7, 1.0, 2.0], [0.7, 0.0, 2.0]):
        balancer = make(len(values))
        check_named(type(balancer))
        for _ in range(3):  # a balancer may remember the losses before
            losses = torch.tensor(values, requires_grad=True)
            _check_balanced(balancer, losses, losses * torch.ones_like(losses))
    balancer, losses = make(2), torch.tensor([0.7, 1.0], requires_grad=True)
    _check_balanced(balancer, losses, torch.stack([losses[0], losses[1].detach()]))


def _check_balanced(balancer: Balancer, losses: Tensor, given: Tensor) -> None:
    total = balancer(given)
    assert total.shape == (), f"`{balancer.name}` must give a scalar, but gave {total.shape}."
    assert total.isfinite(), f"`{balancer.name}` gives {total} for {given.tolist()}."
    check_trained(balancer, total)
    assert losses.grad is not None, f"No gradient of `{balancer.name}` reaches the losses."
    fair = losses.grad.isfinite().all() and (losses.grad >= 0).all()
    assert fair, f"`{balancer.name}` gives the losses the gradient {losses.grad.tolist()}."
