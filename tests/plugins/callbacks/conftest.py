"""A made-up search to be told of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest import fixture

from automtl.core.callback import Begun, Callback, Ended, LossCurve
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial

SUMMARY: dict[str, Any] = {
    "rows": [{"graph": "age+sex"}],
    "tasks": [{"name": "age", "test": {"rmse": 0.5}, "test_gain": {"mean": 0.1}}],
}
CURVE = LossCurve((0.9, 0.5, 0.4), (0.8, 0.6, 0.7))


def ended(number: int, status: Status = Status.DONE, reason: str = "") -> Ended:
    candidate = Candidate(TaskGraph.all_shared(["age", "sex"], 1), {"block": "mlp", "width": 8})
    if status is not Status.DONE:
        result = Result(status, reason)
        return Ended(number, Trial(Order(candidate, number, Phase.GRAPHS), result, number))
    result = Result(status, "", {"age": 2.0}, {"age": {"rmse": 2.0}}, parameters=7, seconds=1.5)
    trial = Trial(Order(candidate, number, Phase.GRAPHS), result, number)
    return Ended(number, trial, {"age": 0.1, "sex": 0.3}, {"age": CURVE, "sex": CURVE})


TRIALS = [ended(1), ended(2, Status.FAILED, "no luck"), ended(3, Status.CUT), ended(4)]


@fixture
def tell(tmp_path: Path) -> Callable[..., Begun]:
    """Tells a callback of a search of ``n`` trials, in the run folder ``tmp_path``, and its end."""
    for file in ("best.onnx", "report.html", "MODEL_CARD.md", "config.yaml"):
        (tmp_path / file).write_text(file)

    def tell(callback: Callback, n: int = len(TRIALS), search: str = "abc") -> Begun:
        begun = Begun(tmp_path, "penguins", search, {"targets": ["age", "sex"]})
        callback.begin(begun)
        for one in TRIALS[:n]:
            callback.trial_end(one)
        if n == len(TRIALS):
            callback.search_end(SUMMARY)
        return begun

    return tell
