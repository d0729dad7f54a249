"""An affinity as text."""

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph
from automtl.report.findings import Pair, pairs
from automtl.report.leaderboard import aligned, sharing

MAX_MATRIX = 12  # tasks, up to which all of it is shown; behind it, the strongest pairs
MAX_PAIRS = 20


def affinity_lines(affinity: Affinity) -> list[str]:
    """
    The affinity of each stage, mean ± standard error: as a matrix, whose rows receive and whose
    columns help, or as its strongest pairs if there are many tasks; and what it cost.
    """
    found, lines = list(pairs(affinity)), []
    for stage in range(1, len(affinity.mean) + 1):
        here = [pair for pair in found if pair.stage == stage]
        shown = _matrix if len(affinity.tasks) <= MAX_MATRIX else _strongest
        lines += [f"stage {stage}", *shown(affinity.tasks, here), ""]
    return [*lines, cost(affinity)]


def cost(affinity: Affinity) -> str:
    """
    What an affinity cost, in words.

    >>> cost(Affinity(("a",), (), (), "x", 1.18)), cost(Affinity(("a",), (), (), "x"))
    ('cost: 1.18 J, J being one all-shared training', 'cost: 0 J: nothing was trained')
    """
    if affinity.cost == 0:
        return "cost: 0 J: nothing was trained"
    return f"cost: {affinity.cost:.2f} J, J being one all-shared training"


def recommendation(graph: TaskGraph, threshold: float) -> list[str]:
    """The grouping that an affinity recommends, and from which affinity tasks share in it."""
    why = "zero" if threshold == 0 else f"{threshold:.3g}, the mean over all pairs"
    rule = f"tasks share a stage while their mean affinity there is at least {why}"
    return [rule, *sharing(graph)]


def _matrix(tasks: tuple[str, ...], found: list[Pair]) -> list[str]:
    cells = {(pair.receiver, pair.helper): _cell(pair) for pair in found}
    rows = [[task, *(cells.get((task, other), "·") for other in tasks)] for task in tasks]
    return aligned([["receiver \\ helper", *tasks], *rows])


def _strongest(tasks: tuple[str, ...], found: list[Pair]) -> list[str]:
    best = sorted(found, key=lambda pair: -abs(pair.mean))[:MAX_PAIRS]
    head = [f"the {len(best)} strongest of {len(found)} pairs of {len(tasks)} tasks"]
    rows = [[pair.receiver, pair.helper, _cell(pair)] for pair in best]
    return head + aligned([["receiver", "helper", "affinity"], *rows])


def _cell(pair: Pair) -> str:
    return f"{pair.mean or 0.0:+.2g} ± {pair.std:.1g}"
