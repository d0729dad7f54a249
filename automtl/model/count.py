"""The size and the cost of a network."""

import time
from statistics import median

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

CALLS = 20  # how often one row is predicted to measure how long that takes
ENOUGH_MS = 50.0  # no further call is made once they took this long together


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
        network(torch.ones(1, size, device=device))
    network.train(training)
    return int(counter.get_total_flops())


def measure_latency(network: nn.Module, size: int) -> float:
    """
    Milliseconds to predict one row of ``size`` columns with the threads in force: the median of
    some calls after a first one, which warms up.
    """
    device = next(network.parameters()).device
    row, training = torch.ones(1, size, device=device), network.training
    taken: list[float] = []
    network.eval()
    with torch.no_grad():
        while len(taken) <= CALLS and sum(taken) < ENOUGH_MS:
            began = time.perf_counter()
            network(row)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(1000 * (time.perf_counter() - began))
    network.train(training)
    return median(taken[1:] or taken)
