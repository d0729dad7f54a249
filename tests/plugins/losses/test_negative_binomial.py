from typing import Any

import numpy as np
import torch
from scipy.stats import nbinom
from torch.nn.functional import poisson_nll_loss
from torch.testing import assert_close

from automtl.core.task import TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.negative_binomial import BOUND, NegativeBinomial

COUNTS = np.array([0.0, 3.0, np.nan, 1.0, 250.0, 0.0, 7.0])


def test_contract(count: TaskKind) -> None:
    assert_loss_contract(NegativeBinomial, count, COUNTS)


def test_agrees_with_scipy(count: TaskKind, draw: Any) -> None:
    outputs, _, there = draw(width=2)
    targets = torch.arange(8.0, dtype=torch.float64).unsqueeze(1) ** 2
    mean = outputs[..., 0].exp()
    theta = torch.exp(-BOUND * torch.tanh(outputs[..., 1] / BOUND))
    each = -torch.from_numpy(nbinom.logpmf(targets, theta, theta / (theta + mean)))
    known = there[:, :1]
    expected = (each.mean(1, keepdim=True) * known).sum() / known.sum()
    assert_close(NegativeBinomial(count)(outputs, targets, known), expected)


def test_without_dispersion_it_is_close_to_poisson(count: TaskKind) -> None:
    log_mean = torch.linspace(-2, 1, 6, dtype=torch.float64).view(6, 1, 1)
    targets = torch.arange(6.0, dtype=torch.float64).unsqueeze(1)
    given = torch.cat([log_mean, torch.full_like(log_mean, -100.0)], dim=-1)
    factorial = (targets + 1).lgamma().mean()
    expected = poisson_nll_loss(log_mean[:, 0], targets) + factorial
    assert_close(NegativeBinomial(count)(given, targets, None), expected, rtol=1e-2, atol=0)


def test_float32_tells_large_counts_apart(count: TaskKind) -> None:
    targets = torch.tensor([[10.0], [1000.0], [100000.0]], dtype=torch.float64)
    given = torch.stack([targets.log() + 0.1, torch.full_like(targets, -4.0)], dim=-1)
    loss = NegativeBinomial(count)
    precise = loss(given, targets, None)
    assert_close(loss(given.float(), targets.float(), None).double(), precise, rtol=1e-2, atol=0)


def test_gradient(count: TaskKind, draw: Any) -> None:
    outputs, targets, there = draw(width=2)
    loss = NegativeBinomial(count)
    counts, known = 3 * targets[:, :1], there[:, :1]
    check = torch.autograd.gradcheck
    assert check(lambda free: loss(free, counts, known), [outputs.requires_grad_()])
