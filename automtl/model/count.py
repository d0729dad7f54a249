"""The size and the cost of a network."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count_parameters(network: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def count_flops(network: nn.Module, size: int) -> int:
    """
    Floating-point operations to predict one row of ``size`` columns, as PyTorch counts them: two
    for each multiplication with an addition in matrix products, nothing for the rest.
    """
    device = next(network.parameters()).device
    training = network.training
    network.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, size, device=device))
    network.train(training)
    return int(counter.get_total_flops())
