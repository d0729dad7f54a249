from collections.abc import Callable, Sequence

import torch
from pytest import approx

from automtl.core.affinity import Affinity, Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.conflict_rate import ConflictRate


def _measured(
    given: Callable[..., Probe], cosines: Sequence[float], threshold: float = 0.0
) -> Affinity:
    estimator = ConflictRate(("a", "b"), 1, threshold)
    for cosine in cosines:
        estimator.update(given(gramians=[torch.tensor([[4.0, 4 * cosine], [4 * cosine, 4.0]])]))
    affinity = estimator.result()
    assert affinity is not None
    return affinity


def test_contract() -> None:
    assert_affinity_contract(ConflictRate)


def test_conflicts_half_the_time_are_nothing(given: Callable[..., Probe]) -> None:
    assert _measured(given, [0.1, -0.1] * 20).between(0, "a", "b") == approx(0.0)


def test_grows_with_the_evidence(given: Callable[..., Probe]) -> None:
    few, many = _measured(given, [-0.1] * 3), _measured(given, [-0.1] * 300)
    assert -0.7 < few.between(0, "a", "b") < 0
    assert many.between(0, "a", "b") < -0.99
    assert many.std[0][0][1] < few.std[0][0][1]
    assert _measured(given, [0.9] * 300).between(0, "a", "b") > 0.99


def test_only_the_threshold_makes_a_conflict(given: Callable[..., Probe]) -> None:
    assert _measured(given, [-0.01] * 9, threshold=-0.02).between(0, "a", "b") > 0
    assert _measured(given, [-0.03] * 9, threshold=-0.02).between(0, "a", "b") < 0


def test_what_was_not_measured_counts_for_neither(given: Callable[..., Probe]) -> None:
    gaps = [float("nan")] * 5
    assert _measured(given, [0.5, *gaps]) == _measured(given, [0.5])
    assert _measured(given, [0.5, float("-inf")]) == _measured(given, [0.5])
