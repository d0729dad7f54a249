import json
from collections.abc import Callable
from math import inf, isnan, nan, sqrt
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import t as student  # type: ignore[import-untyped]

from automtl.cross_validation import CrossValidation, FoldResult
from automtl.cross_validation.results import Score
from automtl.report.summary import Summary

Make = Callable[..., FoldResult]
HERE = Path()


@settings(deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9))
def test_mean_and_spread_are_those_of_a_sample(values: list[float]) -> None:
    score = Score.of(values)
    assert score.mean == approx(np.mean(values), abs=1e-6)
    assert score.spread == approx(np.std(values, ddof=1), abs=1e-6)
    assert score.folds == len(values)
    undefined = Score.of([nan, *values, inf])
    assert undefined.mean == approx(score.mean)
    assert undefined.spread == approx(score.spread)
    assert undefined.folds == len(values)


def test_a_metric_of_one_fold_has_no_spread_and_of_none_no_mean() -> None:
    assert Score.of([0.5, nan]) == Score(0.5, None, 1)
    assert isnan(Score.of([nan]).mean)
    assert Score.of([nan]).folds == 0


def test_the_metric_of_the_gain_comes_first(fold: Make) -> None:
    found = CrossValidation(HERE, (fold(1), fold(2), fold(3)))
    assert found.tasks == ["a", "b"]
    assert list(found.scores("a")) == ["rmse", "mae"]
    assert found.scores("a")["mae"] == Score(4.0, 2.0, 3)
    assert found.scores("b")["f1"] == Score(0.5, 0.0, 3)


def test_gains_have_students_interval_over_folds(fold: Make) -> None:
    found = CrossValidation(HERE, tuple(fold(number) for number in range(1, 6)))
    for estimate, scale in ((found.gain("a"), 0.1), (found.mean_gain, 0.05)):
        values = [scale * number for number in range(1, 6)]
        low, high = student.interval(0.95, 4, np.mean(values), np.std(values, ddof=1) / sqrt(5))
        assert estimate.mean == approx(np.mean(values))
        assert estimate.half_width == approx((high - low) / 2, rel=1e-3)
    assert found.gain("b").half_width == 0


def test_a_task_of_some_folds_is_judged_on_those(fold: Make) -> None:
    other = fold(2, metrics={"c": {"f1": 1.0}}, primary={"c": "f1"}, gains={"c": 0.3})
    found = CrossValidation(HERE, (fold(1), other, fold(3)))
    assert found.tasks == ["a", "b", "c"]
    assert found.scores("a")["rmse"].folds == 2
    assert found.gain("c").mean == 0.3


def test_a_gain_that_is_no_number_is_left_out(fold: Make) -> None:
    found = CrossValidation(HERE, (fold(1, mean_gain=nan), fold(2), fold(3)))
    assert found.mean_gain.mean == approx(0.125)
    assert isnan(CrossValidation(HERE, (fold(1, mean_gain=nan),)).mean_gain.mean)


def test_it_is_json(fold: Make) -> None:
    found = json.loads(json.dumps(CrossValidation(HERE, (fold(1), fold(2))).to_json()))
    assert found["test"]["a"]["rmse"] == {"mean": 1.5, "spread": approx(sqrt(0.5)), "folds": 2}
    assert found["gains"]["a"]["mean"] == approx(0.15)
    assert found["mean_gain"]["mean"] == approx(0.075)


def test_of_a_search_it_is_the_delivered_model_on_test(finished: Summary) -> None:
    result = FoldResult.of(2, {"trials": 12}, finished)
    assert result.metrics == {task.name: task.test for task in finished.tasks}
    assert result.gains == {task.name: task.test_gain.mean for task in finished.tasks}
    assert result.mean_gain == approx(np.mean(list(result.gains.values())))
    assert result.graph == finished.rows[0].graph
