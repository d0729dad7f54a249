from collections.abc import Callable, Sequence

import numpy as np
import torch
from pytest import approx
from scipy.stats import spearmanr
from torch import Tensor

from automtl.core.affinity import Affinity, Probe
from automtl.testing import assert_affinity_contract
from automtl_plugins.affinities import rsa
from automtl_plugins.affinities.rsa import RSA


def _measured(given: Callable[..., Probe], features: Sequence[Tensor]) -> Affinity:
    tasks = tuple("abcdef"[: len(features)])
    estimator = RSA(tasks, 1)
    estimator.update(given(features=[list(features)]))
    affinity = estimator.result()
    assert affinity is not None
    return affinity


def test_contract() -> None:
    assert_affinity_contract(RSA)


def test_equals_scipys_rank_correlation_of_dissimilarities(given: Callable[..., Probe]) -> None:
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(60, 5, generator=generator, dtype=torch.float64)
    second = first + torch.randn(60, 5, generator=generator, dtype=torch.float64)
    expected = []
    for fold in range(rsa.FOLDS):
        upper = np.triu_indices(12, k=1)
        matrices = (1 - np.corrcoef(f[fold :: rsa.FOLDS].numpy()) for f in (first, second))
        expected.append(spearmanr(*(matrix[upper] for matrix in matrices)).statistic)
    affinity = _measured(given, [first, second])
    assert affinity.between(0, "a", "b") == approx(np.mean(expected))
    assert affinity.std[0][0][1] == approx(np.std(expected, ddof=1) / 5**0.5)


def test_knows_equal_representations_whatever_their_size_and_turn(
    given: Callable[..., Probe],
) -> None:
    generator = torch.Generator().manual_seed(0)
    features, other = (torch.randn(100, 8, generator=generator) for _ in range(2))
    affinity = _measured(given, [features, 3 * features[:, torch.arange(7, -1, -1)], other])
    assert affinity.between(0, "a", "b") == approx(1.0)
    assert abs(affinity.between(0, "a", "c")) < 0.2


def test_features_that_tell_nothing_apart_have_no_affinity(given: Callable[..., Probe]) -> None:
    features = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    affinity = _measured(given, [features, torch.ones(50, 4), torch.randn(50, 1)])
    assert affinity.mean[0] == ((0.0,) * 3,) * 3
