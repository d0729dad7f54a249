"""The contract of callbacks."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automtl.core.callback import Begun, Callback, Ended, LossCurve
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.testing.common import check_named


def assert_callback_contract(make: Callable[[], Callback], folder: Path) -> None:
    """
    Asserts of a callback that it hears of made-up trials and of the end of a search, and of all of
    it again when the search goes on, without an error. Some trials failed or were cut; metrics may
    be undefined, and names of tasks have all sorts of characters. All options have defaults.
    Whether anything was written twice is for a test that reads the tool's store.

    :param folder: Becomes a run folder; nothing but what the callback writes has a meaning.
    """
    begun = Begun(folder, "made-up", "0123456789ab", {"targets": ["age"], "search": {"trials": 3}})
    for file in ("best.onnx", "best.json", "report.html", "MODEL_CARD.md", "config.yaml"):
        (folder / file).write_text("made up")
    for _ in range(2):
        callback = make()
        check_named(type(callback))
        given = inspect.signature(type(callback)).parameters.values()
        bare = [parameter.name for parameter in given if parameter.default is parameter.empty]
        assert not bare, f"Each option of `{callback.name}` has a default, but {bare} have none."
        _check_heard(callback.name, "begin", callback.begin(begun))
        for ended in _made_up_trials():
            _check_heard(callback.name, "trial_end", callback.trial_end(ended))
        _check_heard(callback.name, "search_end", callback.search_end(_MADE_UP_SUMMARY))


_ODD = 'täglich "a%b" //<ü>'  # the name of a task


_MADE_UP_SUMMARY: dict[str, Any] = {
    "trials": 3,
    "rows": [{"digest": "0", "graph": f"age+{_ODD}", "mean": {"mean": 0.1, "half_width": None}}],
    "tasks": [
        {
            "name": name,
            "metric": "rmse",
            "test": {"rmse": 0.5, "r2": None},
            "test_gain": {"mean": 0.1, "half_width": None},
        }
        for name in ("age", _ODD)
    ],
}


def _made_up_trials() -> list[Ended]:
    """One that succeeded, one that failed, and one that was cut."""
    candidate = Candidate(TaskGraph.all_shared(["age", _ODD], 1), {"block": "mlp", "width": 8})
    results = [
        Result(Status.DONE, "", {"age": 1.0}, {"age": {"rmse": 1.0, "r2": math.nan}}, seconds=2.0),
        Result(Status.FAILED, "ValueError: no such luck"),
        Result(Status.CUT),
    ]
    orders = [Order(candidate, seed, Phase.GRAPHS) for seed in range(len(results))]
    gains, curve = {"age": 0.1, _ODD: -0.2}, LossCurve((0.9, 0.5), (0.8, 0.6))
    return [
        Ended(number, Trial(order, result, float(number)), gains, {"age": curve, _ODD: curve})
        if result.status is Status.DONE
        else Ended(number, Trial(order, result, float(number)))
        for number, (order, result) in enumerate(zip(orders, results, strict=True), start=1)
    ]


def _check_heard(name: str, method: str, answer: object) -> None:
    assert answer is None, f"`{method}` of `{name}` returns nothing, but returned {answer!r}."
