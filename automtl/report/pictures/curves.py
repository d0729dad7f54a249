"""ROC and precision-recall curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automtl.report.pictures.frame import Frame
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import share
from automtl.report.svg import element, label, picture, shorten

NAMED = 4  # curves whose names are written into the picture
ENTRY = 17  # pixels of a line of the legend
FRAME = Frame((0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Drawn:
    """A curve, and what is said of it: the area under it."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    area: str


def roc_picture(found: Mapping[str, Any]) -> Picture:
    """
    The ROC curves of classes or labels, each against the rest; that of the smallest area stands
    out.

    :param found: ``curves`` of the evidence, with at least one of them ``shown``.
    """
    shown = found["shown"]
    lines = [
        Drawn(one["name"], one["roc"][0], one["roc"][1], f"area {one['auc']:.3f}") for one in shown
    ]
    axes = ("false positives, % of the others", "found, % of the positives")
    first, last = shown[0], shown[-1]
    sentence = (
        f"In {share(first['auc'])} of the pairs of a row of {first['name']} and another row, the "
        f"first gets the higher probability of it (area {first['auc']:.3f})"
    )
    if found["of"] > 1:
        sentence = f"Hardest to tell from the rest is {first['name']}. {sentence}"
    if found["of"] > len(shown):
        sentence += f"; the {len(shown)} lowest of {found['of']} are drawn, up to {last['auc']:.3f}"
    return _picture("ROC curves", axes, lines, sentence + ".", FRAME.diagonal())


def precision_picture(found: Mapping[str, Any]) -> Picture:
    """The precision-recall curves, as above; dashed, the precision of chance for the first."""
    shown = sorted(found["shown"], key=lambda one: one["ap"])
    lines = [Drawn(one["name"], *_stairs(*one["pr"]), f"AP {one['ap']:.3f}") for one in shown]
    axes = ("recall: found, % of the positives", "precision, % of what is chosen")
    first = shown[0]
    reached = max((p for r, p in zip(*first["pr"], strict=True) if r >= 0.5), default=0.0)
    sentence = (
        f"To find half of the rows of {first['name']}, the precision is {share(reached)}; of a "
        f"random choice it is {share(first['share'])}."
    )
    chance = FRAME.line((0, 1), (first["share"], first["share"]), "guide")
    return _picture("Precision and recall", axes, lines, sentence, chance)


def _picture(
    title: str,
    axes: tuple[str, str],
    lines: Sequence[Drawn],
    sentence: str,
    guide: str,
) -> Picture:
    spoken = "; ".join(f"{line.name}: {line.area}" for line in lines)
    drawn = [
        FRAME.line(
            line.x, line.y, "curve" if at == 0 else "curve other", f"{line.name}: {line.area}"
        )
        for at, line in reversed(list(enumerate(lines)))
    ]
    legend = _legend(lines)
    body = [FRAME.axes(axes, (100, 100)), guide, *drawn, *legend]
    height = FRAME.height + ENTRY * len(legend)
    svg = picture(FRAME.right + 14, height, title, spoken, "".join(body))
    return Picture(title, svg, sentence, spoken)


def _legend(lines: Sequence[Drawn]) -> list[str]:
    """The first names with their areas, below the axis; nothing of a single curve."""
    if len(lines) == 1:
        return []
    said = [f"{shorten(line.name, 24)}: {line.area}" for line in lines[:NAMED]]
    said += [f"{len(lines) - NAMED} more"] if len(lines) > NAMED else []
    entries = []
    for at, text in enumerate(said):
        y, style = FRAME.bottom + 56 + ENTRY * at, "curve" if at == 0 else "curve other"
        ends = {"x1": FRAME.left, "x2": FRAME.left + 18}
        mark = element("line", y1=y - 4, y2=y - 4, class_=style, **ends)
        entries.append(mark + label(text, FRAME.left + 26, y, "name"))
    return entries


def _stairs(recall: Sequence[float], precision: Sequence[float]) -> tuple[list[float], list[float]]:
    """Each precision holds from the recall before up to its own: nothing is interpolated."""
    across, down, before = list[float](), list[float](), 0.0
    for at, value in zip(recall, precision, strict=True):
        across += [before, at]
        down += [value, value]
        before = at
    return across, down
