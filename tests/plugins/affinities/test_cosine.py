from collections.abc import Callable

import numpy as np
import torch
from pytest import approx, fixture
from torch import Tensor

from automtl.core.affinity import Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.cosine import CosineAffinity

TASKS = ("age", "job", "sex")
Measured = Callable[..., CosineAffinity]


def cross_gramian(gradients: Tensor, noise: float) -> Tensor:
    """The symmetrised products of two noisy measurements of ``gradients`` ``[n_tasks, n]``."""
    first, second = (gradients + noise * torch.randn_like(gradients) for _ in range(2))
    return (first @ second.T + second @ first.T) / 2


@fixture
def measured(given: Callable[..., Probe]) -> Measured:
    """An estimator that was given ``n`` noisy measurements of ``gradients``."""

    def measure(gradients: Tensor, noise: float, n: int, seed: int = 0) -> CosineAffinity:
        estimator = CosineAffinity(TASKS, 1)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for _ in range(n):
                estimator.update(given(gramians=[cross_gramian(gradients, noise)]))
        return estimator

    return measure


def test_contract() -> None:
    assert_affinity_contract(CosineAffinity)


def test_needs_two_measurements(measured: Measured) -> None:
    gradients = torch.eye(3)
    assert measured(gradients, 0.0, 1).result() is None
    assert measured(gradients, 0.0, 2).result() is not None


def test_without_noise_it_is_the_cosine(measured: Measured) -> None:
    gradients = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-2.0, 0.0]])
    affinity = measured(gradients, 0.0, 3).result()
    assert affinity is not None
    assert affinity.between(0, "age", "job") == approx(2**-0.5)
    assert affinity.between(0, "sex", "age") == approx(-1.0)
    assert np.abs(affinity.std).max() < 1e-6


def test_the_scale_of_a_task_does_not_matter(measured: Measured) -> None:
    gradients = torch.randn(3, 20, generator=torch.Generator().manual_seed(0))
    scaled = gradients * torch.tensor([[1.0], [100.0], [0.01]])
    plain, other = measured(gradients, 0.0, 2).result(), measured(scaled, 0.0, 2).result()
    assert plain is not None
    assert other is not None
    np.testing.assert_allclose(plain.mean, other.mean, atol=1e-6)


def test_noise_does_not_pull_the_cosine_towards_zero(measured: Measured) -> None:
    gradients = torch.tensor([[1.0] * 50, [1.0] * 50, [-1.0] * 50])
    affinity = measured(gradients, 2.0, 100).result()
    assert affinity is not None
    error = affinity.between(0, "age", "job") - 1.0
    assert abs(error) < 4 * affinity.std[0][0][1] + 0.02
    assert affinity.between(0, "age", "sex") < -0.9


def test_the_standard_error_is_the_spread_over_repetitions(measured: Measured) -> None:
    gradients = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.6, 0.8, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    found = [measured(gradients, 0.5, 40, seed).result() for seed in range(60)]
    means = [affinity.between(0, "age", "job") for affinity in found if affinity]
    errors = [affinity.std[0][0][1] for affinity in found if affinity]
    assert np.mean(errors) == approx(np.std(means), rel=0.35)


def test_a_task_of_pure_noise_is_unknown(given: Callable[..., Probe]) -> None:
    estimator = CosineAffinity(TASKS, 1)
    noise = torch.tensor([[1.0, 0.4, 0.2], [0.4, 1.0, 0.3], [0.2, 0.3, -0.1]])
    for _ in range(2):
        estimator.update(given(gramians=[noise]))
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.between(0, "age", "job") == approx(0.4)
    assert affinity.between(0, "age", "sex") == affinity.between(0, "sex", "job") == 0.0
    assert affinity.std[0][0][2] == affinity.std[0][2][1] == 1.0


def test_a_measurement_that_is_not_finite_is_left_out(
    measured: Measured, given: Callable[..., Probe]
) -> None:
    estimator, twin = (measured(torch.eye(3), 0.1, 4) for _ in range(2))
    estimator.update(given(gramians=[torch.full((3, 3), float("nan"))]))
    assert estimator.result() == twin.result()


def test_blocks_of_tasks_add_up(given: Callable[..., Probe]) -> None:
    gradients = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-2.0, 0.0]])
    whole, blocks = CosineAffinity(TASKS, 1), CosineAffinity(TASKS, 1)
    for left_out in (0, 1, 2) * 2:
        whole.update(given(gramians=[gradients @ gradients.T]))
        partly = gradients.clone()
        partly[left_out] = float("nan")
        blocks.update(given(gramians=[partly @ partly.T]))
    found, expected = blocks.result(), whole.result()
    assert found is not None
    assert expected is not None
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-6)
