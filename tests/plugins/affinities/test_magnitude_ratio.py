from collections.abc import Callable

import torch
from pytest import approx, mark

from automtl.core.affinity import Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.magnitude_ratio import MagnitudeRatio


def test_contract() -> None:
    assert_affinity_contract(MagnitudeRatio)


@mark.parametrize("cosine", [-0.5, 0.0, 1.0])
@mark.parametrize(("one", "other"), [(1.0, 1.0), (1.0, 3.0), (1e-3, 10.0)])
def test_depends_on_the_norms_alone(
    one: float, other: float, cosine: float, given: Callable[..., Probe]
) -> None:
    estimator, product = MagnitudeRatio(("a", "b"), 1), cosine * one * other
    for _ in range(2):
        matrix = torch.tensor([[one**2, product], [product, other**2]])
        estimator.update(given(gramians=[matrix]))
    affinity = estimator.result()
    assert affinity is not None
    assert affinity.between(0, "a", "b") == approx(2 * one * other / (one**2 + other**2))
    assert affinity.between(0, "b", "a") == affinity.between(0, "a", "b")


def test_it_cannot_say_who_hurts() -> None:
    assert not MagnitudeRatio.signed
