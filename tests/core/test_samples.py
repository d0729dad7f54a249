import numpy as np
import torch
from pytest import approx, raises

from automtl.core.affinity import Affinity
from automtl.core.samples import UNKNOWN, Samples

NAN = float("nan")


def _samples(values: list[list[list[float]]]) -> Samples:
    samples = Samples()
    for matrix in values:
        samples.add([torch.tensor(matrix)])
    return samples


def _plain(samples: Samples, tasks: tuple[str, ...] = ("a", "b")) -> Affinity:
    found = samples.affinity(np.asarray, tasks, "x")
    assert found is not None
    return found


def test_of_a_mean_the_jackknife_is_the_textbook_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=(9, 2, 2))
    found = _plain(_samples(values.tolist()))
    assert found.between(0, "a", "b") == approx(values[:, 0, 1].mean(), rel=1e-6)
    assert found.std[0][1][0] == approx(values[:, 1, 0].std(ddof=1) / 3, rel=1e-5)


def test_entries_that_were_not_measured_do_not_count() -> None:
    whole = [[[0.0, value], [value, 0.0]] for value in (1.0, 2.0, 6.0)]
    gaps = [[[0.0, NAN], [NAN, 0.0]]] * 4
    assert _plain(_samples([*whole, *gaps])) == _plain(_samples(whole))


def test_an_entry_measured_once_is_unknown() -> None:
    first = [[0.0, 1.0, 1.0], [1.0, 0.0, NAN], [1.0, NAN, 0.0]]
    second = [[0.0, 1.0, NAN], [1.0, 0.0, NAN], [NAN, NAN, 0.0]]
    found = _plain(_samples([first, second]), ("a", "b", "c"))
    assert (found.between(0, "a", "b"), found.std[0][0][1]) == (1.0, 0.0)
    for i, j in ((0, 2), (2, 0), (1, 2)):
        assert (found.mean[0][i][j], found.std[0][i][j]) == (0.0, UNKNOWN)


def test_nothing_comes_of_too_little() -> None:
    matrix = [[0.0, 1.0], [1.0, 0.0]]
    for few in ([], [matrix], [matrix, [[0.0, NAN], [NAN, 0.0]]]):
        assert _samples(few).affinity(np.asarray, ("a", "b"), "x") is None


def test_where_the_statistic_is_not_defined_nothing_is_known() -> None:
    samples = _samples([[[0.0, 1.0], [1.0, 0.0]]] * 3)
    assert samples.affinity(lambda mean: mean * NAN, ("a", "b"), "x") is None


def test_does_not_keep_hold_of_what_it_was_given() -> None:
    samples, given = Samples(), torch.ones(2, 2)
    for _ in range(2):
        samples.add([given])
    given.zero_()
    assert _plain(samples).between(0, "a", "b") == 1.0


def test_stages_stay_apart() -> None:
    samples = Samples()
    for _ in range(2):
        samples.add([torch.full((2, 2), 1.0), torch.full((2, 2), -3.0)])
    found = _plain(samples)
    assert [found.between(stage, "a", "b") for stage in (0, 1)] == [1.0, -3.0]
    with raises(IndexError):
        found.between(2, "a", "b")
