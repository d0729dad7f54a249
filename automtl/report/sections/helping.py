"""Who helps whom?"""

from collections.abc import Callable, Iterator, Sequence

from automtl.core.affinity import Affinity
from automtl.report import findings
from automtl.report.affinity import cost
from automtl.report.findings import Pair
from automtl.report.found import Found
from automtl.report.parts import Folded, Heading, Items, Part, Pictures, Section, Text
from automtl.report.pictures import affinity_pictures
from automtl.report.tables import Cell, Table
from automtl.report.transfer import in_percent, transfer

TITLE = "Who helps whom?"
MAX_MATRIX = 12  # tasks, up to which the numbers are a matrix; behind it, the strongest pairs
MAX_BESIDE = 16  # tasks, up to which maps stand side by side
MAX_PAIRS = 30  # of the strongest, a stage
HOW_TO_READ = (
    "In the maps, blue says that sharing the stage with the helper, a column, helps the "
    "receiver, a row, and orange that it hurts. A full square is two standard errors "
    "from zero, a small one is not. All stages have one scale."
)


def section(found: Found) -> Section:
    """The affinity that was measured, what was inferred from gains, and who loses by sharing."""
    if found.affinity is None and found.running:
        said = "Not known yet: it is measured in the anchors, of which too few have ended."
        return Section("affinity", TITLE, said)
    if len(found.tasks) == 1:
        return Section("affinity", TITLE, "There is one task, which nobody can help.")
    return Section("affinity", TITLE, findings.on_affinity(found.affinity), list(_parts(found)))


def _parts(found: Found) -> Iterator[Part]:
    if found.affinity is not None or found.posterior is not None:
        yield Text(HOW_TO_READ, "note")
    if found.affinity is not None:
        yield Heading("Measured before the search")
        yield Text(
            f"This is what the estimator {found.affinity.estimator} says, from which the search "
            f"starts, not a measured gain; {cost(found.affinity)}."
        )
        yield _maps(found.affinity, shares=False)
        yield _numbers(found.affinity, str)
    if found.posterior is not None:
        yield Heading("Inferred from gains")
        yield Text(
            "This is what the searcher inferred from the gains of all graphs that were trained: by "
            "how much a task's gain grows, in percent, where it shares the stage with the helper."
        )
        yield _maps(found.posterior, shares=True)
        yield _numbers(found.posterior, in_percent)
    if found.summary is not None:
        yield Heading("Negative transfer")
        yield Items(transfer(found.posterior))
        yield Text("As far as the searcher inferred it, ± one standard deviation.", "note")


def _maps(affinity: Affinity, shares: bool) -> Pictures:
    """A map a stage; where names would be too small to read side by side, one below the other."""
    return Pictures(affinity_pictures(affinity, shares), wide=len(affinity.tasks) > MAX_BESIDE)


def _numbers(affinity: Affinity, show: Callable[[Pair], str]) -> Folded:
    """
    A table a stage.

    :param show: Writes a pair's affinity.
    """
    make = _matrix if len(affinity.tasks) <= MAX_MATRIX else _strongest
    found = list(findings.pairs(affinity))
    tables = [
        make(stage, affinity.tasks, [pair for pair in found if pair.stage == stage], show)
        for stage in range(1, len(affinity.mean) + 1)
    ]
    return Folded("The numbers", tables)


def _matrix(
    stage: int, tasks: Sequence[str], found: Sequence[Pair], show: Callable[[Pair], str]
) -> Table:
    largest = max((abs(pair.mean) for pair in found), default=0.0)
    by_pair = {(pair.receiver, pair.helper): _cell(pair, largest, show) for pair in found}
    rows = [
        [Cell(receiver), *(by_pair.get((receiver, helper), Cell("–")) for helper in tasks)]
        for receiver in tasks
    ]
    return Table(f"Stage {stage}: affinity ± standard error", ["receiver \\ helper", *tasks], rows)


def _strongest(
    stage: int, tasks: Sequence[str], found: Sequence[Pair], show: Callable[[Pair], str]
) -> Table:
    order = sorted(found, key=lambda pair: -abs(pair.mean))[:MAX_PAIRS]
    largest = max((abs(pair.mean) for pair in order), default=0.0)
    rows = [[Cell(p.receiver), Cell(p.helper), _cell(p, largest, show)] for p in order]
    caption = (
        f"Stage {stage}: the {len(rows)} strongest of {len(found):,} pairs of {len(tasks)} tasks, "
        "affinity ± standard error; all are in the run folder"
    )
    return Table(caption, ["receiver", "helper", "affinity"], rows)


def _cell(pair: Pair, largest: float, show: Callable[[Pair], str]) -> Cell:
    """Coloured only where the sign is credible, in three strengths."""
    strength = min(3, 1 + int(3 * abs(pair.mean) / largest)) if pair.tone else ""
    return Cell(show(pair), f"number {pair.tone}{strength}")
