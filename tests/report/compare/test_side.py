from math import isnan, nan

from pytest import approx

from automtl.report.compare.side import Score, SideTask, Truth
from automtl.search.entry import Estimate


def test_a_score_over_folds_leaves_out_what_is_not_defined() -> None:
    found = Score.over([1.0, nan, 3.0])
    assert (found.value, found.mean, found.n) == (2.0, 2.0, 2)
    assert found.spread == approx(2**0.5)
    assert Score.over([1.0]).spread is None
    assert isnan(Score.over([nan]).mean)


def test_a_truth_is_the_same_up_to_a_rounding() -> None:
    assert Truth("x", (1.0, 2.0)).same(Truth("x", (1.0 + 1e-7, 2.0)))
    assert not Truth("x", (1.0, 2.0)).same(Truth("x", (1.0, 2.1)))
    assert not Truth("x", (1.0,)).same(Truth("y", (1.0,)))
    assert not Truth("").same(Truth(""))
    assert not Truth("x").same(Truth("x", (1.0,)))


def test_a_task_is_tested_alike_in_all_folds_or_not_at_all() -> None:
    def task(*digests: str) -> SideTask:
        truths = tuple(Truth(digest) for digest in digests)
        return SideTask("binary", "f1", {}, Estimate(0.0, None), truths)

    assert task("x", "y").same_test(task("x", "y"))
    assert not task("x", "y").same_test(task("x", "z"))
    assert not task("x", "y").same_test(task("x"))
