from collections.abc import Callable

import torch
from pytest import approx

from automtl.core.affinity import Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.gramian import GramianAffinity

MATRIX = torch.tensor([[4.0, 1.0], [1.0, 4.0]])


def _measured(given: Callable[..., Probe], *losses: list[float]) -> GramianAffinity:
    estimator = GramianAffinity(("a", "b"), 1)
    for values in losses:
        probe = given(gramians=[MATRIX], losses=torch.tensor(values), learning_rate=0.1)
        estimator.update(probe)
    return estimator


def test_contract() -> None:
    assert_affinity_contract(GramianAffinity)


def test_is_the_share_of_the_receivers_loss(given: Callable[..., Probe]) -> None:
    affinity = _measured(given, [0.5, 2.0], [0.5, 2.0]).result()
    assert affinity is not None
    assert affinity.between(0, receiver="a", helper="b") == approx(0.1 * 1.0 / 0.5)
    assert affinity.between(0, receiver="b", helper="a") == approx(0.1 * 1.0 / 2.0)


def test_a_perfect_receiver_cannot_be_measured(given: Callable[..., Probe]) -> None:
    affinity = _measured(given, [0.0, 2.0], [0.0, 1.0]).result()
    assert affinity is not None
    assert affinity.between(0, "a", "b") == 0.0
    assert affinity.std[0][0][1] == 1.0
    assert affinity.between(0, "b", "a") == approx(0.1 * 0.75)
