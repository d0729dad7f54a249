"""How often labels occurred in training, and weights that make up for it."""

from typing import Any

import torch
from torch import Tensor

from automtl.core.task import TaskKind


def training_counts(kind: TaskKind) -> Tensor:
    """
    The training labels of each class: ``[n_classes]`` or, of several columns, ``[n_targets, 2]``.
    At least one each: a label may have no positive in training, and weights must be finite.
    """
    fitted: Any = kind  # every kind of classes has counts
    return torch.tensor(fitted.counts, dtype=torch.float64).clamp_min(1.0)


def inverse_frequencies(counts: Tensor, power: float) -> Tensor:
    """
    Weights of classes in proportion to ``counts ** -power``, both ``[*, n_classes]``, whose mean
    over the training labels is one.

    >>> inverse_frequencies(torch.tensor([30.0, 10.0]), power=1.0)
    tensor([0.6667, 2.0000])
    """
    raw = counts**-power
    return raw * counts.sum(-1, keepdim=True) / (raw * counts).sum(-1, keepdim=True)
