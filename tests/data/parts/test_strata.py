import numpy as np
from pytest import MonkeyPatch

from automtl.data.parts import strata
from automtl.data.parts.strata import Strata


def test_each_class_each_bin_and_missing_labels_are_strata() -> None:
    words = np.array(["a", "b", None, "a"] * 30, object)
    numbers = np.append(np.arange(119.0), np.nan)
    found = Strata.of_labels([words, numbers])
    assert found.sizes[:4].tolist() == [30, 60, 30, 1]
    assert set(found.sizes[4:]) == {23, 24}
    assert found.wanted.tolist() == [False, True, True, *[False] * 6]
    assert found.rows(1).tolist() == np.flatnonzero(words == "a").tolist()
    assert found.at(np.arange(4)).counts(np.array([0, 0, 0, 1]), 2)[:, :3].tolist() == [
        [1, 1, 1],
        [0, 1, 0],
    ]


def test_few_numbers_are_in_few_bins() -> None:
    numbers = np.full(100, np.nan)
    numbers[:45] = np.arange(45)
    found = Strata.of_labels([numbers])
    assert sorted(found.sizes) == [22, 23, 55]
    assert not found.wanted.any()
    numbers[30:] = np.nan
    found = Strata.of_labels([numbers])
    assert (found.sizes.tolist(), found.wanted.tolist()) == ([70, 30], [False, True])


def test_of_very_many_columns_the_rarest_are_looked_at(monkeypatch: MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random((200, 40)) < 0.5).astype(float)
    labels[:, 30] = np.arange(200) < 3
    monkeypatch.setattr(strata, "CELLS", 200 * 5)
    found = Strata.of_labels([labels])
    assert found.of.shape == (200, 5)
    assert 3 in found.sizes
