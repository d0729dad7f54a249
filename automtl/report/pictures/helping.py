"""Who helps whom, as a map a stage."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from automtl.core.affinity import Affinity
from automtl.report.findings import Pair, counted, pairs
from automtl.report.pictures.cells import Cells, level
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import PERCENT
from automtl.report.svg import element, label, picture

MOST = 60  # tasks of a map
TOLD = 16  # tasks, up to which each cell says its numbers where the mouse rests
SORTED = 8  # tasks, from which on those that go together stand together
SMALL = 0.45  # of a cell: the side of a square whose sign is not credible


def affinity_pictures(affinity: Affinity, shares: bool) -> list[Picture]:
    """
    A map a stage, a row for each receiver and a column for each helper: blue helps and orange
    hurts, the stronger the more, on one scale for all stages. A full square is two standard
    errors from zero, a small one is not. With more than `MOST` tasks, those with the strongest
    credible pairs are shown.

    :param shares: Whether affinities are gains, shown in percent.
    """
    if len(affinity.tasks) < 2:
        return []
    found = [pair for pair in pairs(affinity) if isfinite(pair.mean)]
    tasks = _order(affinity, _chosen(affinity.tasks, found))
    largest = max((abs(pair.mean) for pair in found), default=0.0) or 1.0
    return [
        _map(stage, tasks, [pair for pair in found if pair.stage == stage], largest, shares)
        for stage in range(1, len(affinity.mean) + 1)
    ]


def _map(
    stage: int, tasks: Sequence[str], found: Sequence[Pair], largest: float, shares: bool
) -> Picture:
    place = {task: at for at, task in enumerate(tasks)}
    shown = [pair for pair in found if pair.receiver in place and pair.helper in place]
    cells = Cells(tasks, (13, 40))
    draw = _told if len(tasks) <= TOLD else _plain
    body = [
        label("rows receive, columns help", 4, 14, "axis"),
        cells.names(),
        draw(cells, place, shown, largest, shares),
        element("path", d=cells.outline(), class_="outline"),
    ]
    title = f"Stage {stage}: who helps whom"
    clear = sorted((pair for pair in found if pair.tone), key=lambda pair: -abs(pair.mean))
    spoken = "; ".join(f"{p.helper} {p.tone} {p.receiver} ({_said(p, shares)})" for p in clear[:12])
    spoken = spoken or "no pair is two standard errors from zero"
    svg = picture(cells.width, cells.height, title, spoken, "".join(body))
    sentence = _conclusion(stage, found, clear, shares)
    if len(tasks) < len({pair.receiver for pair in found}):
        sentence += f" Shown are the {len(tasks)} tasks with the strongest credible pairs."
    return Picture(title, svg, sentence, spoken)


def _told(
    cells: Cells, place: dict[str, int], shown: Sequence[Pair], largest: float, shares: bool
) -> str:
    """Cells with tooltips."""
    body = []
    for pair in shown:
        told = f"{pair.helper} on {pair.receiver}: {_said(pair, shares)}"
        size = 1.0 if pair.tone else SMALL
        style = _style(pair, largest)
        body.append(cells.cell(place[pair.receiver], place[pair.helper], style, told, size=size))
    return "".join(body)


def _plain(
    cells: Cells, place: dict[str, int], shown: Sequence[Pair], largest: float, shares: bool
) -> str:
    """The same without tooltips: a path for all squares of one colour, since there are many."""
    drawn: dict[str, list[str]] = {}
    for pair in shown:
        size = 1.0 if pair.tone else SMALL
        square = cells.square(place[pair.receiver], place[pair.helper], size)
        drawn.setdefault(_style(pair, largest), []).append(square)
    return "".join(element("path", d="".join(d), class_=style) for style, d in drawn.items())


def _style(pair: Pair, largest: float) -> str:
    return f"{'plus' if pair.mean > 0 else 'minus'}{level(abs(pair.mean) / largest)}"


def _conclusion(stage: int, found: Sequence[Pair], clear: Sequence[Pair], shares: bool) -> str:
    if not clear:
        return (
            f"At stage {stage} no pair of tasks is two standard errors from zero: who helps whom "
            "cannot be told."
        )
    helps = sum(pair.tone == "helps" for pair in clear)
    counts = [(helps, "help"), (len(clear) - helps, "hurt")]
    said = [f"{n:,} {verb}{'s' * (n == 1)}" for n, verb in counts if n]
    first = clear[0]
    return (
        f"At stage {stage}, of {counted(len(found), 'pair')} {' and '.join(said)} by more than two "
        f"standard errors; most does {first.helper} to {first.receiver} ({_said(first, shares)})."
    )


def _said(pair: Pair, shares: bool) -> str:
    if shares:
        return f"{100 * pair.mean:+.1f} ± {100 * pair.std:.1f}{PERCENT}"
    return f"{pair.mean:+.2g} ± {pair.std:.2g}"


def _chosen(tasks: Sequence[str], found: Sequence[Pair]) -> list[str]:
    """At most `MOST` tasks, in their order: of the strongest pairs, credible ones first."""
    if len(tasks) <= MOST:
        return list(tasks)
    kept = dict[str, None]()
    for pair in sorted(found, key=lambda pair: (not pair.tone, -abs(pair.mean))):
        kept |= dict.fromkeys((pair.receiver, pair.helper))
        if len(kept) >= MOST:
            break
    some = set(list(kept)[:MOST])
    return [task for task in tasks if task in some]


def _order(affinity: Affinity, tasks: Sequence[str]) -> list[str]:
    """
    Tasks that go together beside each other: in the order of the leading eigenvector of the
    affinity, symmetrised, mean over stages.
    """
    if len(tasks) < SORTED:
        return list(tasks)
    places = [affinity.tasks.index(task) for task in tasks]
    mean: NDArray[np.float64] = np.nan_to_num(np.array(affinity.mean), posinf=0, neginf=0).mean(0)
    some = mean[np.ix_(places, places)]
    leading = np.linalg.eigh(some + some.T)[1][:, -1]
    leading *= np.sign(leading[np.abs(leading).argmax()]) or 1.0
    return [tasks[at] for at in np.argsort(-leading, kind="stable")]
