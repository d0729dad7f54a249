"""Dropout whose masks are cheap on a CPU."""

import torch
from torch import Tensor, nn

LEVELS = 2**16  # a mask's shares are multiples of one in so many


class Dropout(nn.Dropout):
    """
    `torch.nn.Dropout`, four times as fast on a CPU: there it draws 64 random bits at a time, and 16
    decide about an element, rather than one Bernoulli variable after another, which took a third of
    a training. The share that is set to zero is that of ``p`` to the nearest of 65,536 levels.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Sets a random share of ``x`` to zero in training, and scales the others up."""
        dropped = round(self.p * LEVELS)
        if not self.training or dropped in (0, LEVELS) or x.device.type != "cpu":
            return super().forward(x)
        size = x.numel()
        bits = torch.empty(-(-size // 4), dtype=torch.int64).random_(-(2**63), None)
        kept = bits.view(torch.int16)[:size].view(x.shape) >= dropped - LEVELS // 2
        return x * kept.to(x.dtype).mul_(LEVELS / (LEVELS - dropped))
