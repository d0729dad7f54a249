"""Charts as SVG markup: every function returns a string in which all text is escaped."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

CONTROL = dict.fromkeys((*range(32), 127, 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
WIDTH = 340  # of a chart, in pixels: it fits a phone without being scaled


@dataclass(frozen=True)
class Whisker:
    """
    A row of `dots_and_whiskers`.

    :param low: The lower end of its interval; equal to ``value`` where there is none.
    :param tone: ``"better"``, ``"worse"`` or ``"unsure"``: its mark and colour.
    """

    label: str
    value: float
    low: float
    high: float
    tone: str


@dataclass(frozen=True)
class Line:
    """
    A line of `line_chart`: one value a step.

    :param style: The CSS class that tells it from the others.
    """

    values: Sequence[float]
    style: str


@dataclass(frozen=True)
class Spot:
    """
    A point of `scatter`.

    :param x: On a logarithmic axis if all are positive and span more than a factor of 20.
    :param y: A share, shown in percent; its interval goes from ``low`` to ``high``.
    :param style: The CSS class of its mark.
    """

    x: float
    y: float
    low: float
    high: float
    style: str


def words(text: str) -> str:
    r"""
    Text as markup. What XML forbids is replaced.

    >>> words("<b> & \x00")
    '&lt;b&gt; &amp; �'
    """
    return escape(str(text).translate(CONTROL))


def shorten(text: str, columns: int) -> str:
    """
    Text that takes at most so many columns; a wide letter takes two.

    >>> shorten("sex", 8), shorten("body_mass_g_2008", 9)
    ('sex', 'body…2008')
    """
    if n_columns(text) <= columns:
        return text
    head, tail = list(text), list[str]()
    half = (columns - 1) // 2
    while head and n_columns("".join(tail)) + n_columns(head[-1]) <= half:
        tail.insert(0, head.pop())
    while head and n_columns("".join(head)) > columns - 1 - n_columns("".join(tail)):
        head.pop()
    return f"{''.join(head)}…{''.join(tail)}"


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """
    An element.

    :param content: Its markup.
    :param attributes: ``_`` stands for ``-``; one at the end is dropped. Numbers are rounded.

    >>> element("text", words("<"), x=1.25, class_="name")
    '<text x="1.2" class="name">&lt;</text>'
    """
    pairs = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{content}</{name}>" if content else f"<{name}{pairs}/>"


def label(text: str, x: float, y: float, style: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return element("text", words(text), x=x, y=y, class_=style, text_anchor=anchor)


def picture(
    width: float, height: float, title: str, description: str, body: str, role: str = "img"
) -> str:
    """
    An SVG image that says in words what it shows.

    :param role: ``"group"`` if it has parts that a keyboard reaches; else they would not be heard.
    """
    spoken = element("title", words(title)) + element("desc", words(description))
    return element(
        "svg",
        spoken + body,
        xmlns="http://www.w3.org/2000/svg",
        role=role,
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
    )


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """
    At most so many round numbers from ``low`` to ``high``, evenly spaced.

    >>> ticks(-0.03, 0.11)
    [0.0, 0.05, 0.1]
    """
    rough = (high - low) / most
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(s * magnitude for s in (1, 2, 5, 10) if s * magnitude >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def dots_and_whiskers(rows: Sequence[Whisker], title: str, description: str, axis: str) -> str:
    """
    One row a value: its name, and below it a mark with its interval, on an axis in percent with
    a line at zero. An interval that would squeeze all others is cut off, with an arrow.
    """
    low, high = _window(rows)
    step, left, right = 36, 12, WIDTH - 12
    bottom = step * len(rows) + 8

    def place(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    body = [
        element("line", x1=place(tick), x2=place(tick), y1=4, y2=bottom, class_=style)
        + label(f"{100 * tick:g}", place(tick), bottom + 16, "tick", "middle")
        for tick in ticks(low, high, 6)
        for style in ["grid" if tick else "zero"]
    ]
    for number, row in enumerate(rows):
        y = step * number + 16
        body.append(label(shorten(row.label, 44), left, y, "name"))
        ends = [place(min(max(end, low), high)) for end in (row.low, row.high)]
        body.append(element("line", x1=ends[0], x2=ends[1], y1=y + 12, y2=y + 12, class_=row.tone))
        body += [_arrow(ends[0], y + 12, -1)] if row.low < low else []
        body += [_arrow(ends[1], y + 12, +1)] if row.high > high else []
        body.append(_mark(place(row.value), y + 12, row.tone))
    body.append(label(axis, WIDTH / 2, bottom + 34, "axis", "middle"))
    return picture(WIDTH, bottom + 42, title, description, "".join(body))


def line_chart(
    lines: Sequence[Line], kept: int, title: str, description: str, most: int = 300
) -> str:
    """
    Values over epochs, one line each, on an axis that is logarithmic where the values, all
    positive, span more than a factor of 20.

    :param kept: The epoch, counted from 0, that is marked.
    :param most: Points of a line, about.
    """
    values = [value for line in lines for value in line.values]
    steps = max(len(line.values) for line in lines)
    log = min(values) > 0 and max(values) > 20 * min(values)
    low, high = _padded(min(values), max(values), log)
    left, right, top, bottom = 44, WIDTH - 10, 10, 130

    def across(step: float) -> float:
        return left + (right - left) * step / max(steps - 1, 1)

    def down(value: float) -> float:
        share = (_scaled(value, log) - low) / (high - low)
        return bottom - (bottom - top) * share

    body = []
    for tick in _loss_ticks(low, high, log):
        y = down(tick)
        body.append(element("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        body.append(label(f"{tick:.3g}", left - 6, y + 4, "tick", "end"))
    body.append(element("line", x1=across(kept), x2=across(kept), y1=top, y2=bottom, class_="kept"))
    for line in lines:
        points = [(across(step), down(value)) for step, value in enumerate(line.values)]
        spots = " ".join(f"{x:.1f},{y:.1f}" for x, y in _thinned(points, kept, most))
        body.append(element("polyline", points=spots, class_=line.style))
    body.append(label("1", left, bottom + 16, "tick", "middle"))
    body.append(label(str(steps), right, bottom + 16, "tick", "end"))
    axis = "epoch (loss on a logarithmic scale)" if log else "epoch"
    body.append(label(axis, (left + right) / 2, bottom + 16, "axis", "middle"))
    return picture(WIDTH, bottom + 24, title, description, "".join(body))


def scatter(spots: Sequence[Spot], title: str, description: str, axes: tuple[str, str]) -> str:
    """
    Points with intervals.

    :param spots: At least one.
    :param axes: What the horizontal and the vertical axis show.
    """
    log = min(s.x for s in spots) > 0 and max(s.x for s in spots) > 20 * min(s.x for s in spots)
    low_x, high_x = _padded(min(s.x for s in spots), max(s.x for s in spots), log)
    low_y, high_y = _padded(min(s.low for s in spots), max(s.high for s in spots), log=False)
    left, right, top, bottom = 48, WIDTH - 12, 26, 190

    def across(value: float) -> float:
        return left + (right - left) * (_scaled(value, log) - low_x) / (high_x - low_x)

    def down(value: float) -> float:
        return bottom - (bottom - top) * (value - low_y) / (high_y - low_y)

    body = [label(axes[1], 4, 14, "axis")]
    for tick in ticks(low_y, high_y, 5):
        y, style = down(tick), "grid" if tick else "zero"
        body.append(element("line", x1=left, x2=right, y1=y, y2=y, class_=style))
        body.append(label(f"{100 * tick:g}", left - 6, y + 4, "tick", "end"))
    for tick in _loss_ticks(low_x, high_x, log):
        body.append(label(short(tick), across(tick), bottom + 16, "tick", "middle"))
    for spot in spots:
        x = across(spot.x)
        ends = {"y1": down(spot.low), "y2": down(spot.high)}
        body.append(element("line", x1=x, x2=x, class_=spot.style, **ends))
        body.append(_mark(x, down(spot.y), spot.style))
    where = f"{axes[0]} (on a logarithmic scale)" if log else axes[0]
    body.append(label(where, (left + right) / 2, bottom + 34, "axis", "middle"))
    return picture(WIDTH, bottom + 42, title, description, "".join(body))


def short(number: float) -> str:
    """
    A number in few letters.

    >>> short(0.25), short(1500), short(2e6)
    ('0.25', '1.5k', '2M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def n_columns(text: str) -> int:
    """How many columns a text takes; a wide letter takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _value(value: str | float) -> str:
    return words(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def _window(rows: Sequence[Whisker]) -> tuple[float, float]:
    """What the axis shows: zero, all values, and the intervals up to twice the usual size."""
    spans = sorted(row.high - row.low for row in rows)
    usual = spans[len(spans) // 2] if spans else 0.0
    reach = max([2 * abs(row.value) for row in rows] + [2 * usual, 0.01])
    low = min([max(row.low, -reach) for row in rows] + [row.value for row in rows] + [-0.01])
    high = max([min(row.high, reach) for row in rows] + [row.value for row in rows] + [0.01])
    margin = 0.04 * (high - low)
    return low - margin, high + margin


def _arrow(x: float, y: float, way: int) -> str:
    return element("path", d=f"M{x:.1f} {y - 5}l{6 * way} 5l{-6 * way} 5z", class_="arrow")


def _mark(x: float, y: float, tone: str) -> str:
    """A full dot for better, a full diamond for worse, a ring for what cannot be told."""
    if tone == "worse":
        return element("path", d=f"M{x:.1f} {y - 6}l6 6l-6 6l-6 -6z", class_="mark worse")
    return element("circle", cx=x, cy=y, r=5, class_=f"mark {tone}")


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value


def _padded(low: float, high: float, log: bool) -> tuple[float, float]:
    low, high = _scaled(low, log), _scaled(high, log)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin


def _loss_ticks(low: float, high: float, log: bool) -> list[float]:
    if not log:
        return ticks(low, high, 4)
    powers = range(math.ceil(low), math.floor(high) + 1)
    return [10.0**power for power in powers][:: max(1, len(powers) // 4)]


def _thinned(points: list[tuple[float, float]], kept: int, most: int) -> list[tuple[float, float]]:
    """At most about so many points; the kept epoch and the last one stay."""
    every = math.ceil(len(points) / most)
    chosen = {*range(0, len(points), every), min(kept, len(points) - 1), len(points) - 1}
    return [points[index] for index in sorted(chosen)]
