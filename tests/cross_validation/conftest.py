"""Folds that were never searched."""

from collections.abc import Callable
from typing import Any

from pytest import fixture

from automtl.cross_validation import FoldResult


@fixture
def fold() -> Callable[..., FoldResult]:
    """Makes the result of a fold with two tasks."""

    def make(number: int, **changes: Any) -> FoldResult:
        made: dict[str, Any] = {
            "number": number,
            "settings": {"trials": 4},
            "n_rows": [60, 20, 20],
            "graph": "a+b | c",
            "metrics": {"a": {"mae": 2.0 * number, "rmse": 1.0 * number}, "b": {"f1": 0.5}},
            "primary": {"a": "rmse", "b": "f1"},
            "gains": {"a": 0.1 * number, "b": 0.0},
            "mean_gain": 0.05 * number,
        }
        return FoldResult(**(made | changes))

    return make
