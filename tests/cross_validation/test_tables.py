from collections.abc import Callable
from pathlib import Path

from automtl.cross_validation import CrossValidation, FoldResult
from automtl.cross_validation.tables import MAX_LINES, document, lines

Make = Callable[..., FoldResult]


def _found(*results: FoldResult) -> CrossValidation:
    return CrossValidation(Path(), results)


def test_each_metric_has_a_line_and_each_task_a_gain(fold: Make) -> None:
    shown = lines(_found(fold(1), fold(2)))
    assert [line.split() for line in shown[1:5]] == [
        ["a", "rmse", "1.5", "0.71", "2", "+15.0", "±", "63.5", "%"],
        ["a", "mae", "3", "1.4", "2"],
        ["b", "f1", "0.5", "0", "2", "+0.0", "±", "0.0", "%"],
        ["all", "tasks", "2", "+7.5", "±", "31.8", "%"],
    ]


def test_it_says_that_the_intervals_are_too_narrow(fold: Make) -> None:
    for text in (lines(_found(fold(1), fold(2)))[-1], document(_found(fold(1), fold(2)), 2)):
        assert "too narrow" in text
        assert "https://www.jmlr.org/papers/v5/grandvalet04a.html" in text


def test_many_metrics_are_not_shown_on_a_terminal(fold: Make) -> None:
    many = {f"m{number}": 0.5 for number in range(MAX_LINES)}
    found = _found(fold(1, metrics={"a": {**many, "rmse": 1.0}, "b": {"f1": 0.5}}))
    assert [line.split()[:2] for line in lines(found)[1:-1]] == [
        ["a", "rmse"], ["b", "f1"], ["all", "tasks"]
    ]  # fmt: skip
    assert "| a | m3 | 0.5 |  | 1 |  |" in document(found, 2)


def test_a_document_leads_to_the_folds(fold: Make) -> None:
    text = document(_found(fold(1), fold(2)), 3)
    assert text.startswith("# Cross-validation with 3 folds, of which 2 ended so far\n")
    assert "| [2](fold-2/report.html) | 60 / 20 / 20 | +10.0 % | a+b \\| c |" in text
    assert document(_found(fold(1), fold(2)), 2).startswith("# Cross-validation with 2 folds\n")
