"""What was decided in a search, and why: the guard, fidelity, the front, the ensemble, the cost."""

from collections.abc import Sequence

from automtl.core.graph import TaskGraph
from automtl.report.findings import counted, listing
from automtl.report.leaderboard import aligned, percent
from automtl.report.summary import FrontPoint, Summary
from automtl.search.fidelity import MIN_CORRELATION, Calibration
from automtl.search.rescue import Rescue

UNITS = {"parameters": "parameters", "flops": "operations a row", "latency_ms": "ms a row"}


def on_cost(summary: Summary) -> str:
    """What the search cost, in all-shared trainings."""
    trials = counted(summary.trials, "training")
    if summary.cost_j is None:
        return f"{trials}; no all-shared training succeeded, so there is no unit for their cost."
    return f"{trials} cost {summary.cost_j:,.1f} J (1 J is one all-shared training)."


def on_guard(summary: Summary) -> list[str]:
    """What the guard did, a line a task, and whom the winner still harms."""
    lines = [on_rescue(rescue) for rescue in summary.rescues]
    harmed = [task.name for task in summary.tasks if task.validation_gain.is_loss]
    if harmed:
        lines.append(
            f"The exported candidate still harms {listing(harmed)} credibly: what spares them was "
            "not trained, or does not keep the limits of the search."
        )
    if not lines and summary.winner.seeds < 2 and summary.winner.anchor != "single-task":
        return ["The exported candidate has one seed: the guard cannot tell harm from luck."]
    return lines or [
        "The guard had nothing to do: no exported task credibly falls behind a model of its own "
        "on validation."
    ]


def on_rescue(rescue: Rescue) -> str:
    """What the guard did for one task."""
    return (
        f"{rescue.task} was split off {listing(rescue.companions) or 'its settings'}: its gain was "
        f"{percent(rescue.gain)} in candidate {rescue.before}, and is {percent(rescue.gain_after)} "
        f"in {rescue.after}; the mean gain was {percent(rescue.mean)}, and is "
        f"{percent(rescue.mean_after)}."
    )


def on_calibration(calibration: Calibration | None) -> str:
    """Whether short trainings were relied on; nothing where there were none."""
    if calibration is None:
        return ""
    graphs = counted(len(calibration.pairs), "graph")
    if calibration.correlation is None:
        return (
            f"{graphs} had a short training and a full one, which is too few to compare them, or "
            "they do not differ: the search went on in full."
        )
    verdict = (
        "short trainings were relied on" if calibration.holds else "the search went on in full"
    )
    return (
        f"Over {graphs} trained both ways, short and full trainings have a rank correlation of "
        f"{calibration.correlation:.2f} (at least {MIN_CORRELATION} is asked for): {verdict}."
    )


def on_front(summary: Summary) -> str:
    """What the front says; nothing where gain alone counted."""
    if not summary.against:
        return ""
    costs = listing(UNITS[name] for name in summary.against)
    n = counted(len(summary.front), "candidate")
    return (
        f"The Pareto front of mean gain against {costs} has {n} of {len(summary.rows)}. "
        f"Exported is {summary.winner.digest}: of those that harm no task credibly, if there are "
        "any, the one with the highest gain."
    )


def front_table(summary: Summary) -> list[str]:
    """The front as aligned text, highest gain first."""
    head = ["candidate", "mean gain", *(UNITS[name] for name in summary.against), "harms", "graph"]
    return aligned([head, *(front_row(point, summary.against) for point in summary.front)])


def front_row(point: FrontPoint, against: Sequence[str]) -> list[str]:
    """A point of the front in words."""
    numbers = (f"{point.costs[name]:,.4g}" if name == "latency_ms" else f"{point.costs[name]:,.0f}"
               for name in against)  # fmt: skip
    mark = f"   [{point.anchor} anchor]" if point.anchor else ""
    graph = str(TaskGraph.from_json(point.graph))
    harms = listing(point.harms) or "nobody"
    return [point.digest, percent(point.gain), *numbers, harms, graph + mark]


def on_members(summary: Summary) -> list[str]:
    """
    What is in the exported file, a line a network, and how these came about; nothing where it is
    one network of the search.
    """
    if len(summary.members) < 2:
        return _on_lacking(summary)
    if all(member.bag is not None for member in summary.members):
        return _on_bags(summary)
    lines = [f"candidate {m.digest}, seed {m.seed}: {m.graph}" for m in summary.members]
    return [
        f"The file gives the mean of what {len(lines)} networks predict:",
        *lines,
        *_on_lacking(summary),
    ]


def _on_bags(summary: Summary) -> list[str]:
    n, others = len(summary.members), len({member.digest for member in summary.members}) - 1
    folds = next(member.bag[1] for member in summary.members if member.bag is not None)
    who = (
        f"the winner and {counted(others, 'more candidate')} with which the mean is better, each"
        if others
        else "the winner,"
    )
    return [
        f"The file gives the mean of what {n} networks predict. They are {who} trained on the rows "
        f"for training and validation, each time without another one of {folds} folds of them, "
        "which told when to stop. Whatever is chosen for predictions, such as thresholds, was "
        "chosen on what is predicted for a row by what did not learn from it:",
        *(f"candidate {m.digest}, seed {m.seed}, without fold {m.bag[0] + 1} of {m.bag[1]}"
          for m in summary.members if m.bag is not None),
        *_on_lacking(summary),
    ]  # fmt: skip


def _on_lacking(summary: Summary) -> list[str]:
    if not summary.lacking_bags:
        return []
    return [
        f"On {counted(summary.lacking_bags, 'more division')} of the rows the winner was to be "
        "trained in the end, but the time was over, or a training failed. Resume the search with "
        "more minutes."
    ]
