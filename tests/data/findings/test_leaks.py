from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pytest import approx, mark
from sklearn.metrics import roc_auc_score

from automtl.data.findings.leaks import Clue, rules
from automtl.data.table import Column, ColumnKind

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=1000)
FLAG = (RNG.random(1000) < 0.1).astype(float)
NUMBERS = RNG.normal(size=1000)
CLASSES = RNG.integers(0, 4, 1000).astype(float)
CODES = RNG.integers(0, 500, 1000).astype(float)  # of categories with two rows each


def _clue(values: NDArray[np.float64], named: bool) -> Clue:
    return Clue(Column(ColumnKind.NUMERIC, values), np.arange(len(values)), named)


def _found(clues: Sequence[Clue], label: NDArray[np.float64], n: int) -> list[int]:
    return [rule.clue for rule in rules(clues, [label], [n], 0.99)]


def _gaps(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.where(np.random.default_rng(1).random(1000) < share, np.nan, values)


@mark.parametrize(
    ("label", "n_classes", "telling"),
    [
        (FLAG, 2, [FLAG, -FLAG, FLAG + 0.9 * RNG.random(1000), _gaps(FLAG, 0.5)]),
        (NUMBERS, 0, [np.exp(NUMBERS), -NUMBERS, NUMBERS + NOISE / 100, _gaps(NUMBERS, 0.5)]),
        (CLASSES, 4, [CLASSES, CLASSES**2, (CLASSES - 1.5) + NOISE / 1000]),
        (_gaps(FLAG, 0.7), 2, [FLAG]),
    ],
)
@mark.parametrize("noise", [0.0, 1.0])
def test_finds_what_tells_a_label(
    label: NDArray[np.float64],
    n_classes: int,
    telling: list[NDArray[np.float64]],
    noise: float,
) -> None:
    clues = [_clue(values + noise * NOISE, False) for values in telling]
    found = _found([*clues, _clue(NOISE, False), _clue(CODES, True)], label, n_classes)
    assert found == ([] if noise else list(range(len(telling))))


@mark.parametrize("n_classes", [0, 2, 4])
def test_categories_tell_what_is_the_same_in_other_rows(n_classes: int) -> None:
    codes = np.arange(1000) % 20.0
    label = RNG.permutation(20).astype(float)[codes.astype(int)] % (n_classes or 20)
    assert _found([_clue(codes, True), _clue(np.arange(1000.0), True)], label, n_classes) == [0]


def test_the_score_is_the_area_under_the_curve() -> None:
    clue = FLAG + NOISE / 2
    (rule,) = rules([_clue(clue, False)], [FLAG], [2], 0.5)
    assert rule.measure == "AUC"
    assert rule.score == approx(roc_auc_score(FLAG, clue))


def test_too_few_rows_tell_nothing() -> None:
    few = (np.arange(1000) < 5).astype(float)
    assert _found([_clue(few, False)], few, 2) == []
    assert _found([_clue(NUMBERS, False)], np.where(np.arange(1000) < 20, NUMBERS, np.nan), 0) == []


def test_a_rare_label_is_in_the_sample() -> None:
    rare = (np.arange(200_000) % 10_000 == 0).astype(float)
    assert _found([_clue(rare, False)], rare, 2) == [0]


def test_each_label_has_its_own_rows() -> None:
    first, second = (np.where(np.arange(1000) % 2 == i, FLAG, np.nan) for i in (0, 1))
    found = rules([_clue(FLAG, False), _clue(second, False)], [first, second], [2, 2], 0.99)
    assert [(rule.clue, rule.label) for rule in found] == [(0, 0), (0, 1), (1, 1)]
