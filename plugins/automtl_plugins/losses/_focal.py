"""Focusing: what is classified well counts less."""

from torch import Tensor
from torch.nn.functional import logsigmoid


def signed(logits: Tensor, targets: Tensor) -> Tensor:
    """The logits of being right: those of positives, and minus those of negatives."""
    return (2 * targets - 1) * logits


def focal_terms(logits: Tensor, gamma: float) -> Tensor:
    r"""
    :math:`-(1 - p)^\gamma \log p` where :math:`p` is the sigmoid of each logit, of any shape. The
    power is taken in the exponent: of a probability rounded to zero it has no finite gradient.
    """
    return -(gamma * logsigmoid(-logits)).exp() * logsigmoid(logits)
