import re
from collections.abc import Callable
from typing import Any

import numpy as np
from pytest import mark

from automtl.report.evidence import Detail
from automtl.report.evidence.values import value_evidence
from automtl.report.pictures.values import column_picture, residual_picture, scatter_picture

Evidence = Callable[..., dict[str, Any]]


def column(off: float, n_rows: int = 500) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    true = rng.normal(size=(n_rows, 1))
    predicted = true + off + 0.1 * rng.normal(size=(n_rows, 1))
    found = value_evidence(predicted, true, [""], False, Detail())
    one: dict[str, Any] = found["values"]["shown"][0]
    return one


@mark.parametrize(
    ("off", "words"),
    [(0.0, "neither too high nor too low"), (0.2, "too high, by 0.19"), (-0.2, "too low, by 0.2")],
)
def test_a_bias_is_told_where_the_rows_prove_it(off: float, words: str) -> None:
    assert words in residual_picture(column(off)).sentence


def test_each_row_is_a_dot_and_what_is_not_drawn_is_told() -> None:
    picture = scatter_picture(column(0.0))
    (dots,) = re.findall(r'd="([^"]*)" class="dots ?"', picture.svg)
    assert dots.count("M") == dots.count("h0") == 300
    assert "300 of 500 rows are drawn" in picture.sentence
    assert "of 40 rows" not in scatter_picture(column(0.0, 40)).sentence


def test_what_is_no_better_than_the_mean_is_called_so(evidence: Evidence) -> None:
    found = evidence("columns", n_rows=200)["values"]  # predictions know nothing of the targets
    assert "4 of 4 columns are predicted no better" in column_picture(found).sentence
    assert (
        "the mean of the test labels would be as good"
        in scatter_picture(found["shown"][0]).sentence
    )


def test_the_bars_hold_all_rows_that_are_shown() -> None:
    found = column(0.1)
    told = re.findall(r": ([\d,]+) rows</title>", residual_picture(found).svg)
    assert sum(map(int, told)) == sum(found["histogram"]["counts"])
