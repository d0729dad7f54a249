"""What a search may return: within its limits, and not worse than another in every respect."""

from collections.abc import Sequence
from math import isfinite
from statistics import median

from automtl.core.objective import COSTS, Objective
from automtl.search.entry import Entry
from automtl.search.guard import harmed


def costs(entry: Entry) -> dict[str, float]:
    """The costs of an entry, by their names in `COSTS`: the median over its trainings."""
    results = [trial.result for trial in entry.trials]
    return {name: float(median(getattr(r, name) for r in results)) for name in COSTS}


def pareto_front(entries: Sequence[Entry], against: Sequence[str]) -> list[Entry]:
    """
    The entries that no other one dominates, highest mean gain first. One entry dominates another if
    it is as good in everything, and better in something; so of equals, all stay. The aims are a
    high mean gain, low costs, and to harm no task credibly. An entry without a finite gain is on no
    front.

    :param against: The costs that count, of `COSTS`.
    """
    aims = {id(entry): _aims(entry, against) for entry in entries if isfinite(entry.mean.mean)}
    # In this order nobody comes before who dominates him, and domination is transitive.
    order = sorted((e for e in entries if id(e) in aims), key=lambda entry: aims[id(entry)])
    front: list[Entry] = []
    for entry in order:
        mine = aims[id(entry)]
        if not any(_dominates(aims[id(other)], mine) for other in front):
            front.append(entry)
    return front


def admitted(entry: Entry, objective: Objective) -> str:
    """Why an entry breaks a limit of ``objective``, in words; empty if it keeps all of them."""
    found = costs(entry)
    for name in ("parameters", "latency_ms"):
        limit = getattr(objective, f"max_{name}")
        if limit is not None and found[name] > limit:
            return f"`{name} <= {limit:,.6g}` must hold, but is {found[name]:,.6g}"
    allowed = objective.max_loss_per_task
    for task, gain in entry.gains.items():
        if allowed is not None and not gain.mean >= -allowed:  # so that NaN fails
            return f"`loss of {task} <= {allowed:.6g}` must hold, but is {-gain.mean:.6g}"
    return ""


def nearest(entries: Sequence[Entry], objective: Objective) -> str:
    """What breaks each limit of ``objective`` least, for a message where none is admitted."""
    found = [costs(entry) for entry in entries]
    worst = [max(-gain.mean for gain in entry.gains.values()) for entry in entries]
    values = {
        "max_parameters": [cost["parameters"] for cost in found],
        "max_latency_ms": [cost["latency_ms"] for cost in found],
        "max_loss_per_task": [max(loss, 0.0) for loss in worst],
    }
    return ", ".join(
        f"`{name}` is {limit:,.6g} and the best value found {min(values[name]):,.6g}"
        for name in values
        if (limit := getattr(objective, name)) is not None
    )


def _aims(entry: Entry, against: Sequence[str]) -> tuple[float, ...]:
    """What is to be as low as possible."""
    found = costs(entry)
    return (-entry.mean.mean, float(bool(harmed(entry))), *(found[name] for name in against))


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
