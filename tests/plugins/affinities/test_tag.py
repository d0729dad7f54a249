from collections.abc import Callable

import torch
from pytest import approx

from automtl.core.affinity import Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.tag import TAG


def test_contract() -> None:
    assert_affinity_contract(TAG)


def test_is_the_share_by_which_the_receivers_loss_falls(given: Callable[..., Probe]) -> None:
    estimator = TAG(("a", "b"), 1)
    after = torch.tensor([[0.1, 0.75], [3.0, 0.1]])  # row: the receiver
    for _ in range(2):
        estimator.update(given(losses=torch.tensor([1.0, 2.0]), look_ahead=[after]))
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.between(0, receiver="a", helper="b") == approx(0.25)
    assert affinity.between(0, receiver="b", helper="a") == approx(-0.5)
    assert affinity.mean[0][0][0] == 0.0


def test_where_nothing_changes_there_is_no_affinity(given: Callable[..., Probe]) -> None:
    estimator, losses = TAG(("a", "b"), 2), torch.tensor([1.0, 2.0])
    same = losses.unsqueeze(1).expand(2, 2)
    for _ in range(3):
        estimator.update(given(losses=losses, look_ahead=[same, same]))
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.mean[1] == ((0.0, 0.0), (0.0, 0.0)) == affinity.std[1]
