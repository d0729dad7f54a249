from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx, mark
from sklearn import metrics

from automtl.core.cuts import Cuts
from automtl.core.task import Floats
from automtl.report.evidence.curves import curve, curves, thinned
from automtl.report.evidence.detail import Detail

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, n_rows: int = 60) -> tuple[Floats, Any]:
    """Probabilities with ties, and what is positive: something, but not everything."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n_rows) < 0.3
    positive[:2] = True, False
    return rng.integers(0, 40, n_rows) / 40 + 0.0, positive


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_areas_and_points_are_those_of_scikit_learn(seed: int) -> None:
    scores, positive = drawn(seed)
    found = curve(Cuts.of(scores, positive), 1000)
    assert found["auc"] == approx(metrics.roc_auc_score(positive, scores), abs=1e-4)
    assert found["ap"] == approx(metrics.average_precision_score(positive, scores), abs=1e-4)
    false, true, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(positive, scores)
    assert among(found["roc"], false, true)
    assert among(found["pr"], recall, precision)


def among(points: Any, x: Floats, y: Floats) -> bool:
    """Whether all points are of those."""
    away = [np.hypot(x - a, y - b).min() for a, b in zip(*points, strict=True)]
    return bool(max(away) < 1e-3)


@mark.parametrize("points", [12, 40, 100])
def test_a_thinned_curve_has_the_same_shape(points: int) -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(20_000) < 0.2
    scores = np.clip(rng.normal(0.3 + 0.2 * positive, 0.15), 0, 1)
    found = curve(Cuts.of(scores, positive), points)
    assert max(len(found["roc"][0]), len(found["pr"][0])) <= points
    assert np.trapezoid(found["roc"][1], found["roc"][0]) == approx(found["auc"], abs=0.02)
    assert found["roc"][0][0] == found["roc"][1][0] == 0
    assert found["roc"][0][-1] == found["roc"][1][-1] == found["pr"][0][-1] == 1


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(2, 30), st.integers(2, 12))
def test_thinning_keeps_ends_and_order(seed: int, n: int, most: int) -> None:
    x, y = np.sort(np.random.default_rng(seed).random((2, n)))
    kept = thinned(x, y, most)
    assert len(kept) <= most
    assert {0, n - 1} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()


def test_corners_are_enough_of_a_straight_line() -> None:
    line = np.linspace(0, 1, 50)
    assert thinned(line, 2 * line, 10).tolist() == [0, 49]


def test_the_hardest_come_first_and_what_has_one_side_only_has_no_curve() -> None:
    scores, positive = drawn(3)
    rng = np.random.default_rng(0)
    columns = np.column_stack([positive * 1.0, rng.random(len(positive)), scores])
    there = np.column_stack([positive, positive, np.ones_like(positive)])
    found = curves(columns, there, ["perfect", "chance", "always"], Detail())
    assert found["of"] == 2
    assert [one["name"] for one in found["shown"]] == ["chance", "perfect"]
    assert found["shown"][1]["auc"] == 1.0


def test_rows_that_are_not_known_do_not_count() -> None:
    scores, positive = drawn(5)
    known = np.arange(len(scores)) % 3 > 0
    hidden = np.where(known, scores, np.nan)[:, None]
    (found,) = curves(hidden, positive[:, None], ["a"], Detail())["shown"]
    assert found["auc"] == approx(metrics.roc_auc_score(positive[known], scores[known]), abs=1e-4)
