from collections.abc import Callable

import numpy as np
import torch
from pytest import approx, mark
from scipy.stats.contingency import association

from automtl.core.affinity import Affinity, Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities.label_correlation import LabelCorrelation

RNG = np.random.default_rng(0)
NAN = float("nan")


def _measured(
    given: Callable[..., Probe], *columns: np.ndarray, classes: tuple[int, ...] = (0, 0)
) -> Affinity:
    estimator = LabelCorrelation(tuple("abcdef"[: len(columns)]), 2)
    estimator.update(given(targets=torch.tensor(np.stack(columns, axis=1)), n_classes=classes))
    affinity = estimator.result()
    assert affinity is not None
    return affinity


def test_contract() -> None:
    assert_affinity_contract(LabelCorrelation)


def test_of_numbers_it_is_the_correlation_but_for_its_sign(given: Callable[..., Probe]) -> None:
    a = RNG.normal(size=5000)
    b = a + RNG.normal(size=5000)
    expected = np.corrcoef(a, b)[0, 1]
    for sign in (1, -1):
        affinity = _measured(given, a, sign * b)
        assert affinity.between(1, "a", "b") == approx(expected, abs=1e-3)
        assert affinity.mean[0] == affinity.mean[1]
    assert affinity.std[0][0][1] == approx((1 - expected**2) / 5000**0.5, rel=0.01)


@mark.parametrize(("classes_a", "classes_b"), [(2, 2), (2, 4), (3, 5)])
def test_of_classes_it_is_cramers_v(
    classes_a: int, classes_b: int, given: Callable[..., Probe]
) -> None:
    a = RNG.integers(classes_a, size=20_000)
    b = np.where(RNG.random(20_000) < 0.3, a % classes_b, RNG.integers(classes_b, size=20_000))
    table = np.zeros((classes_a, classes_b), dtype=int)
    np.add.at(table, (a, b), 1)
    affinity = _measured(given, 1.0 * a, 1.0 * b, classes=(classes_a, classes_b))
    assert affinity.between(0, "a", "b") == approx(association(table, method="cramer"), abs=2e-3)


def test_names_of_classes_do_not_matter(given: Callable[..., Probe]) -> None:
    a = RNG.integers(4, size=300)
    b = np.array([2.0, 0.0, 3.0, 1.0])[a]
    number = np.array([0.1, 5.0, 7.0, -2.0])[a]
    assert _measured(given, 1.0 * a, b, classes=(4, 4)).between(0, "a", "b") == approx(1.0)
    assert _measured(given, 1.0 * a, number, classes=(4, 0)).between(0, "a", "b") == approx(1.0)


def test_what_chance_explains_is_taken_off(given: Callable[..., Probe]) -> None:
    found = []
    for _ in range(200):
        a, b = RNG.integers(6, size=(2, 60)) * 1.0
        found.append(_measured(given, a, b, classes=(6, 6)).between(0, "a", "b") ** 2)
    assert np.mean(found) < 0.02  # without it, about 0.08


def test_only_rows_with_both_count(given: Callable[..., Probe]) -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 9.0, NAN])
    b = np.array([1.0, 2.0, 3.0, 4.0, 6.0, NAN, -50.0])
    affinity = _measured(given, a, b)
    assert affinity.between(0, "a", "b") > 0.95
    few = _measured(given, np.where(a < 3, a, NAN), b)
    assert few.between(0, "a", "b") == 0
    assert few.std[0][0][1] == 1


def test_a_target_that_never_changes_says_nothing(given: Callable[..., Probe]) -> None:
    a, same = RNG.normal(size=50), np.ones(50)
    assert _measured(given, a, same).between(0, "a", "b") == 0
    assert _measured(given, a, same, classes=(0, 3)).between(0, "a", "b") == 0
