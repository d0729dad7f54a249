"""The tables of ``search_value.py``."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, TypeAlias

from automtl.core.objective import gains, mean_gain
from automtl.search.entry import Estimate

Verdict: TypeAlias = Mapping[str, Any]
ZERO = "single-task"


def report(verdicts: Sequence[Verdict], trials: int) -> str:
    """All verdicts as Markdown: each set in short, then task by task."""
    lines = [
        f"`python examples/benchmarks/search_value.py FOLDER --trials {trials}`, 2 cores, no GPU, "
        "one worker a search.",
        "",
        "Gain on test over the tuned single-task network with the same search seed: mean over "
        "tasks, and the task that is worst off; mean ± 95 % interval (Student's t) over search "
        "seeds. J: all-shared trainings with the run's own best settings. Seconds are wall-clock. "
        "rf1 trains on 15 % of its rows, adult has 5,000; all graphs are of hard nodes.",
    ]
    for name in dict.fromkeys(verdict["set"] for verdict in verdicts):
        of_set = [verdict for verdict in verdicts if verdict["set"] == name]
        lines += ["", f"## {name}", "", *_in_short(of_set), "", *_by_task(of_set)]
    return "\n".join(lines) + "\n"


def _in_short(verdicts: Sequence[Verdict]) -> Iterable[str]:
    columns = ["method", "mean gain", "worst task", "trainings", "J", "seconds", "parameters"]
    yield from _table_head(columns)
    for method, of_method in _by_method(verdicts).items():
        gained = [by_task(verdict, verdicts) for verdict in of_method]
        cells = [
            method,
            _percent([mean_gain(gain) for gain in gained]),
            _percent([min(gain.values()) for gain in gained]),
            *(_mean(of_method, key) for key in ("trials", "cost_j", "seconds", "parameters")),
        ]
        yield f"| {' | '.join(cells)} |"


def _by_task(verdicts: Sequence[Verdict]) -> Iterable[str]:
    methods = {name: found for name, found in _by_method(verdicts).items() if name != ZERO}
    yield from _table_head(["task", *methods])
    for task in verdicts[0]["errors"]:
        gained = (
            [by_task(verdict, verdicts)[task] for verdict in found] for found in methods.values()
        )
        yield f"| {' | '.join([task, *map(_percent, gained)])} |"


def by_task(verdict: Verdict, verdicts: Sequence[Verdict]) -> dict[str, float]:
    """The gains of a search over the tuned single-task network of its search seed."""
    seed = verdict["search_seed"]
    zero = next(v for v in verdicts if v["method"] == ZERO and v["search_seed"] == seed)
    return gains(verdict["errors"], zero["errors"], verdict["constants"])


def _by_method(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict["method"], []).append(verdict)
    return found


def _table_head(columns: Sequence[str]) -> Iterable[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


def _percent(values: Sequence[float]) -> str:
    estimate = Estimate.of(values)
    mean, half = 100 * estimate.mean, estimate.half_width
    return f"{mean:+.1f} %" if half is None else f"{mean:+.1f} ± {100 * half:.1f} %"


def _mean(verdicts: Sequence[Verdict], key: str) -> str:
    known = [verdict[key] for verdict in verdicts if verdict[key] is not None]
    return f"{fmean(known):,.0f}" if known else ""
