"""What to conclude from a comparison, in sentences."""

from collections.abc import Iterable
from itertools import combinations
from math import isfinite

from automtl.core.graph import TaskGraph
from automtl.report.compare.comparison import Comparison, Difference, mean_smaller
from automtl.report.compare.side import Side
from automtl.report.findings import MANY, counted, listing

MAX_LINES = 12  # on who shares with whom


def on_rows(comparison: Comparison) -> str:
    """Which folders were tested on the rows that the first was tested on."""
    names: dict[str, list[str]] = {"all": [], "some": [], "none": []}
    for other in comparison.others:
        same = {one.comparable for one in comparison.differences(other)}
        names["some" if len(same) == 2 else "all" if True in same else "none"].append(other.name)
    first = comparison.first.name
    told = {
        "all": f"the same rows and labels as {first}",
        "some": f"the same rows and labels as {first} in some tasks alone",
        "none": f"other rows or labels than {first}",
    }
    parts = [
        f"{listing(who)} {'was' if len(who) == 1 else 'were'} tested on {told[key]}"
        for key, who in names.items()
        if who
    ]
    return f"{'; '.join(parts)}."


def on_data(comparison: Comparison) -> list[str]:
    """Whether the folders were tested on the same rows, and what else cannot be compared."""
    return [line for other in comparison.others for line in _on_other(comparison, other)]


def _on_other(comparison: Comparison, other: Side) -> list[str]:
    first, found = comparison.first, primary(comparison, other)
    lines = [_on_rows(first, other, found)]
    common = [name for name in first.tasks if name in other.tasks]
    for name in common:
        a, b = first.tasks[name], other.tasks[name]
        if a.kind != b.kind:
            lines.append(f"{name} is {a.kind} in {first.name}, and {b.kind} in {other.name}.")
        elif a.metric != b.metric:
            lines.append(
                f"The gain of {name} is by {a.metric} in {first.name}, and by {b.metric} in "
                f"{other.name}; only models are compared by both, not gains."
            )
    by_metric = {one.task for one in found}
    unlike = [name for name in common if name not in by_metric]
    if unlike:
        lines.append(f"Neither metric that defines a gain is in both for {listing(unlike)}.")
    for one, two in ((first, other), (other, first)):
        alone = [name for name in one.tasks if name not in two.tasks]
        if alone:
            lines.append(f"Only {one.name} predicts {listing(alone)}.")
    return lines


def _on_rows(first: Side, other: Side, found: Iterable[Difference]) -> str:
    names = f"{first.name} and {other.name}"
    by_task = {one.task: one.comparable for one in found}
    if first.digests == other.digests:
        return f"{names} had the same data, divided in the same way, so all can be compared."
    same = [task for task, comparable in by_task.items() if comparable]
    if len(same) == len(by_task) and same:
        return (
            f"{names} had other inputs, targets or rows to learn from, but were tested on the same "
            "rows and labels, so their metrics can be compared."
        )
    told = f"can be compared for {listing(same)} alone" if same else "cannot be compared"
    return (
        f"{names} were tested on other rows or labels, so that their models {told}: a difference "
        "says as much of the rows as of the models. What each gained over a model per task, where "
        "they share and what they cost can be compared."
    )


def on_result(comparison: Comparison, other: Side) -> str:
    """For which tasks ``other`` is better or worse than the first."""
    found = [one for one in primary(comparison, other) if one.comparable]
    if not found:
        return f"Whether {other.name} is better than {comparison.first.name} cannot be told."
    if all(one.conclusion == "the same" for one in found):
        return f"{other.name} is as good as {comparison.first.name}, to the last digit."
    named = {
        key: listing(dict.fromkeys(one.task for one in found if one.conclusion == key), 5)
        for key in ("better", "worse")
    }
    better = f"better for {named['better']}" if named["better"] else "credibly better for no task"
    worse = f"worse for {named['worse']}" if named["worse"] else "worse for none"
    mean = mean_smaller(found)
    average = "" if not isfinite(mean) else f"; on average over tasks, {_average(mean)}"
    told = f"against {comparison.first.name}, {other.name} is {better} and {worse}"
    return f"Of {counted(len(found), 'task')} {told}{average}."


def _average(mean: float) -> str:
    way = "smaller" if mean >= 0 else "larger"
    return f"its error is {100 * abs(mean):.1f} % {way}"


def on_chance(comparison: Comparison) -> str:
    """With many intervals, how many of them miss by chance; nothing with few."""
    count = sum(len(primary(comparison, other)) for other in comparison.others)
    if count < MANY:
        return ""
    return f"Of {count} intervals at 95 %, about {0.05 * count:.0f} miss the truth by chance alone."


def primary(comparison: Comparison, other: Side) -> list[Difference]:
    """The first difference of each task: by the metric that defines its gain in the first."""
    found: dict[str, Difference] = {}
    for one in comparison.differences(other):
        if one.primary:
            found.setdefault(one.task, one)
    return list(found.values())


def on_graphs(comparison: Comparison, other: Side) -> list[str]:
    """Which pairs of tasks share a stage in one folder alone; of cross-validations nothing."""
    first = comparison.first
    if first.folds or other.folds:
        return []
    a, b = first.graphs[0], other.graphs[0]
    common = {*a.tasks} & {*b.tasks}
    if str(a) == str(b):
        return [f"{first.name} and {other.name} have the same graph."]
    lines = [
        *_only(first.name, other.name, meetings(a) - meetings(b), common),
        *_only(other.name, first.name, meetings(b) - meetings(a), common),
    ]
    if not lines:
        return [
            f"The same tasks meet at the same stages of {first.name} and {other.name}; how they "
            "share there, or who else does, differs."
        ]
    more = len(lines) - MAX_LINES
    return [*lines[:MAX_LINES], *([f"and {more} pairs more"] if more > 0 else [])]


def meetings(graph: TaskGraph) -> set[tuple[int, str, str]]:
    """Which two tasks share which stage, counted from 1."""
    return {
        (number, one, two)
        for number, stage in enumerate(graph.stages, start=1)
        for node in stage
        for one, two in combinations(sorted(node.tasks), 2)
    }


def _only(has: str, lacks: str, found: set[tuple[int, str, str]], common: set[str]) -> list[str]:
    """A line for each two tasks."""
    stages: dict[tuple[str, str], list[str]] = {}
    for stage, one, two in sorted(found):
        if {one, two} <= common:
            stages.setdefault((one, two), []).append(str(stage))
    return [
        f"{one} and {two} share stage {listing(numbers)} in {has}, but not in {lacks}"
        for (one, two), numbers in sorted(stages.items())
    ]
