from collections.abc import Callable
from math import isnan, nan
from pathlib import Path

import numpy as np
from pytest import approx, mark, raises
from scipy import stats

from automtl.errors import RunError
from automtl.plugins import Plugins
from automtl.report.compare.comparison import Comparison, smaller
from automtl.report.compare.read import read_sides
from automtl.report.compare.side import Score

Folder = Callable[..., Path]


def score(values: list[float]) -> Score:
    return Score(values[0], float(np.mean(values)), float(np.std(values, ddof=1)), len(values))


@mark.parametrize("n", [2, 3, 5, 9])
def test_the_interval_is_welchs(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(3, 0.1, n).tolist(), rng.normal(2, 0.3, n).tolist()
    found = smaller(score(a), score(b), 0.0, paired=False)
    oracle = stats.ttest_ind(a, b, equal_var=False)
    low, high = oracle.confidence_interval()
    assert found.mean == approx((np.mean(a) - np.mean(b)) / np.mean(a))
    # Ours takes whole degrees of freedom, rounded down, and so is never narrower.
    assert found.half_width >= (high - low) / 2 / np.mean(a) - 1e-3
    whole = stats.t.ppf(0.975, max(1, int(oracle.df))) / stats.t.ppf(0.975, oracle.df)
    assert found.half_width == approx(whole * (high - low) / 2 / np.mean(a), rel=1e-3)


def test_folds_of_the_same_rows_are_paired() -> None:
    a, b = [1.0, 5.0, 9.0], [0.8, 4.7, 8.9]
    found = smaller(Score.over(a), Score.over(b), 0.0, paired=True)
    low, high = stats.ttest_rel(a, b).confidence_interval()
    assert found.mean == approx(0.2 / 5)
    assert found.half_width == approx((high - low) / 2 / 5, rel=1e-3)
    apart = smaller(Score.over(a), Score.over(b), 0.0, paired=False)
    assert apart.half_width > 10 * found.half_width


def test_what_is_better_depends_on_what_is_perfect() -> None:
    a, b = Score(0.8, 0.8, None, 1), Score(0.9, 0.9, None, 1)
    assert smaller(a, b, 1.0, paired=False).mean == approx(0.5)
    assert smaller(a, b, 0.0, paired=False).mean == approx(-0.125)
    assert smaller(a, b, 1.0, paired=False).half_width is None


@mark.parametrize("values", [(1.0, 0.5, 1.0), (nan, 0.5, 1.0), (0.5, nan, 1.0), (0.5, 0.6, nan)])
def test_no_share_of_nothing(values: tuple[float, float, float]) -> None:
    a, b, best = values
    assert isnan(smaller(Score(a, a, 0.1, 2), Score(b, b, 0.1, 2), best, paired=False).mean)


def test_a_fold_that_does_not_define_a_metric_is_left_out() -> None:
    a, b = Score.over([1.0, nan, 3.0]), Score.over([0.5, 2.0, 1.5])
    assert a.n == 2
    assert smaller(a, b, 0.0, paired=True).mean == approx(0.5)


def compared(plugins: Plugins, *folders: Path) -> Comparison:
    return Comparison.of(read_sides(folders), plugins)


@mark.parametrize(
    ("rmse", "spread", "conclusion"),
    [
        (1.5, 0.1, "better"),
        (2.5, 0.1, "worse"),
        (1.9, 0.5, "undecided"),
        (2.0, 0.1, "the same"),
        (1.5, None, "no interval: may be luck"),
    ],
)
def test_concludes(
    rmse: float, spread: float | None, conclusion: str, folder: Folder, plugins: Plugins
) -> None:
    other = folder("y", {"a": rmse, "b": rmse}, spread=spread)
    found = compared(plugins, folder("x"), other)
    one, *_ = found.differences(found.others[0])
    assert (one.task, one.metric, one.conclusion) == ("a", "rmse", conclusion)


def test_swapping_the_folders_swaps_the_conclusions(folder: Folder, plugins: Plugins) -> None:
    x, y = folder("x"), folder("y", {"a": 1.5, "b": 2.5})
    there, back = compared(plugins, x, y), compared(plugins, y, x)
    swapped = {"better": "worse", "worse": "better"}
    forward, backward = there.differences(there.others[0]), back.differences(back.others[0])
    for one, two in zip(forward, backward, strict=True):
        assert swapped.get(one.conclusion, one.conclusion) == two.conclusion


def test_tasks_are_compared_where_rows_and_labels_are_the_same(
    folder: Folder, plugins: Plugins
) -> None:
    other = folder("y", {"a": 1.5, "b": 1.5}, digest="d2", tests={"a": "t1", "b": "t2"})
    found = compared(plugins, folder("x"), other)
    told = [one.conclusion for one in found.differences(found.others[0]) if one.primary]
    assert told == ["better", "other test rows"]
    older = folder("z", {"a": 1.5, "b": 1.5}, digest="d2", tests={})
    found = compared(plugins, folder("w", tests={}), older)
    assert not any(one.comparable for one in found.differences(found.others[0]))


def test_a_metric_of_an_unknown_kind_has_no_direction(folder: Folder, plugins: Plugins) -> None:
    sides = read_sides([folder("x"), folder("y", {"a": 1.5, "b": 1.5})])
    found = Comparison(tuple(sides), {})
    assert {one.conclusion for one in found.differences(sides[1]) if one.metric == "rmse"} == {
        "cannot be told"
    }


def test_refuses_where_no_task_is_common(folder: Folder, plugins: Plugins) -> None:
    other = folder("y", {"c": 1.0})
    with raises(RunError, match=r"it has the tasks c, but .*x has a and b"):
        compared(plugins, folder("x"), other)
