"""What is decided of each label, and which labels come together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automtl.report.pictures.cells import Cells, level
from automtl.report.pictures.frame import tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import share
from automtl.report.svg import WIDTH, element, label, picture, shorten

STEP = 36  # pixels of a row
LEFT, RIGHT = 14, WIDTH - 14


@dataclass(frozen=True)
class Label:
    """
    What is decided of a label.

    :param threshold: None if the most probable labels of each row are predicted.
    :param precision: None where nothing is predicted.
    :param positives: How many rows have it.
    """

    name: str
    threshold: float | None
    precision: float | None
    recall: float
    positives: int

    def __str__(self) -> str:
        start = "" if self.threshold is None else f"threshold {self.threshold:.2g}, "
        chosen = "never predicted"
        if self.precision is not None:
            chosen = f"precision {share(self.precision)}"
        recall = f"recall {share(self.recall)} of {self.positives:,}"
        return f"{self.name}: {start}{chosen}, {recall}"


def threshold_picture(found: Mapping[str, Any]) -> Picture:
    """
    A row for each label, of the lowest F1 first: precision as a full dot, recall as a ring, and
    the threshold as a notch, on one axis.

    :param found: ``thresholds`` of the evidence, with at least one name.
    """
    title = "Decisions on each label"
    rows = list(_labels(found))
    bottom = STEP * len(rows) + 30
    body = [_key(), _axis(bottom)]
    body += [_row(row, STEP * at + 30) for at, row in enumerate(rows)]
    body.append(label("% (threshold: of probability)", WIDTH / 2, bottom + 34, "axis", "middle"))
    spoken = "; ".join(map(str, rows))
    svg = picture(WIDTH, bottom + 42, title, spoken, "".join(body))
    return Picture(title, svg, _on_thresholds(found), spoken)


def cooccurrence_picture(found: Mapping[str, Any]) -> Picture:
    """
    Which labels come together: below the diagonal as they are, above it as they are predicted.

    :param found: ``cooccurrence`` of the evidence, of at least two names.
    """
    title = "Which labels come together"
    names, true, predicted = found["names"], found["true"], found["predicted"]
    cells = Cells(names, (12, 40))
    body = [label("true below, predicted above the diagonal", 4, 14, "axis"), cells.names()]
    for row, name in enumerate(names):
        for column, other in enumerate(names):
            value = (true if row > column else predicted)[row][column]
            if row != column and value:
                what = "true" if row > column else "predicted"
                told = f"{name}, {other}: {share(value)} {what}"
                text = f"{100 * value:.0f}"
                body.append(cells.cell(row, column, f"plus{level(value)}", told, text))
    body.append(element("path", d=cells.outline(), class_="outline"))
    pairs = _pairs(found)
    spoken = "; ".join(
        f"{a} and {b}: {share(t)}, predicted {share(p)}" for a, b, t, p in pairs[:20]
    )
    svg = picture(cells.width, cells.height, title, spoken, "".join(body))
    return Picture(title, svg, _on_pairs(pairs), spoken)


def _key() -> str:
    """What the marks are."""
    marks = [
        (element("circle", cx=LEFT + 5, cy=12, r=5, class_="spot"), "precision", 16),
        (element("circle", cx=LEFT + 95, cy=12, r=5, class_="ring"), "recall", 106),
        (element("line", x1=LEFT + 163, x2=LEFT + 163, y1=5, y2=19, class_="notch"),
         "threshold", 172),
    ]  # fmt: skip
    return "".join(mark + label(text, LEFT + x, 16, "axis") for mark, text, x in marks)


def _axis(bottom: float) -> str:
    body = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = _across(tick)
        body.append(element("line", x1=x, x2=x, y1=26, y2=bottom, class_="grid"))
        body.append(label(f"{100 * tick:g}", x, bottom + 16, "tick", "middle"))
    return "".join(body)


def _labels(found: Mapping[str, Any]) -> Iterator[Label]:
    columns = (found[name] for name in ("names", "threshold", "precision", "recall", "positives"))
    for name, threshold, *rest in zip(*columns, strict=True):
        yield Label(name, None if found["top_k"] is not None else threshold, *rest)


def _row(row: Label, y: float) -> str:
    """One label, at ``y``; a precision of nothing predicted is not drawn."""
    line = y + 22
    body = [label(f"{shorten(row.name, 30)} ({row.positives:,})", LEFT, y + 12, "name")]
    if row.precision is not None:
        ends = {"x1": _across(row.precision), "x2": _across(row.recall)}
        body.append(element("line", y1=line, y2=line, class_="span", **ends))
    if row.threshold is not None:
        at = _across(min(row.threshold, 1.0))
        body.append(element("line", x1=at, x2=at, y1=line - 7, y2=line + 7, class_="notch"))
    body.append(element("circle", cx=_across(row.recall), cy=line, r=5, class_="ring"))
    if row.precision is not None:
        body.append(element("circle", cx=_across(row.precision), cy=line, r=4.5, class_="spot"))
    return element("g", tooltip(str(row)) + "".join(body))


def _across(value: float) -> float:
    return LEFT + (RIGHT - LEFT) * value


def _on_thresholds(found: Mapping[str, Any]) -> str:
    """Which label fares worst, and how many are never predicted."""
    names, recall, precision = found["names"], found["recall"], found["precision"]
    first = f"{names[0]} fares worst: {share(recall[0])} of its {found['positives'][0]:,} rows "
    first += "are found, "
    if precision[0] is None:
        first += "as it is never predicted"
    else:
        first += f"and {share(precision[0])} of those that are predicted have it"
    never = sum(value is None for value in precision)
    more = f"; {never} of the {len(names)} labels shown are never predicted" if never > 1 else ""
    shown = f" Of {found['of']} labels the {len(names)} with the lowest F1 are drawn."
    return f"{first}{more}.{shown if found['of'] > len(names) else ''}"


def _pairs(found: Mapping[str, Any]) -> list[tuple[str, str, float, float]]:
    """The pairs with their true and predicted shares, the largest difference first."""
    names = found["names"]
    pairs = [
        (names[a], names[b], found["true"][a][b] or 0.0, found["predicted"][a][b] or 0.0)
        for a in range(len(names))
        for b in range(a)
    ]
    return sorted(pairs, key=lambda pair: -abs(pair[2] - pair[3]))


def _on_pairs(pairs: Sequence[tuple[str, str, float, float]]) -> str:
    first, second, true, predicted = pairs[0]
    if abs(true - predicted) < 0.05:
        return (
            "Labels are predicted together about as often as they come together: no pair differs "
            "by 5 points."
        )
    return (
        f"{first} and {second} differ most: they come together in {share(true)} of the rows with "
        f"either, and are predicted together in {share(predicted)} of those predicted to have "
        "either."
    )
