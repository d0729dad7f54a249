"""Predicted numbers against true ones."""

from collections.abc import Mapping, Sequence
from typing import Any

from automtl.report.pictures.frame import Frame, ends, tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import amount, share
from automtl.report.svg import WIDTH, element, label, picture, shorten, ticks

STEP = 36  # pixels of a row


def scatter_picture(found: Mapping[str, Any]) -> Picture:
    """
    Predicted against true, a dot a row; on the dashed line they are equal.

    :param found: One of ``values`` of the evidence, with ``true`` and ``predicted``.
    """
    title = f"Predicted against true {found['name']}".rstrip()
    span = ends(found["true"], found["predicted"])
    frame = Frame(span, span)
    body = [
        frame.axes(("true", "predicted")),
        frame.diagonal(),
        frame.dots(found["true"], found["predicted"], ""),
    ]
    spoken = f"{len(found['true']):,} rows; true from {amount(min(found['true']))} to " + (
        f"{amount(max(found['true']))}, predicted from {amount(min(found['predicted']))} to "
        f"{amount(max(found['predicted']))}"
    )
    svg = picture(frame.right + 14, frame.height, title, spoken, "".join(body))
    return Picture(title, svg, _on_spots(found), spoken)


def residual_picture(found: Mapping[str, Any]) -> Picture:
    """
    The histogram of the residuals, predicted minus true.

    :param found: As above, with its ``histogram``.
    """
    title = f"Residuals of {found['name']}" if found["name"] else "Residuals"
    bars = found["histogram"]
    low, high, counts = bars["low"], bars["high"], bars["counts"]
    frame = Frame((low, high), (0.0, 1.05 * max(*counts, 1)), bottom=170)
    width = (high - low) / len(counts)
    body = [frame.axes(("predicted − true", "rows"))]
    for at, count in enumerate(counts):
        start = low + width * at
        told = f"{_signed(start)} to {_signed(start + width)}: {count:,} rows"
        body.append(_bar(frame, start, width, count, told) if count else "")
    zero = frame.across(0.0)
    body.append(element("line", x1=zero, x2=zero, y1=frame.top, y2=frame.bottom, class_="zero"))
    outer = found["quantiles"]
    spoken = (
        f"{found['rows']:,} rows; 95 % of the residuals lie between {_signed(outer[0])} and "
        f"{_signed(outer[-1])}, the median is {_signed(outer[2])}"
    )
    svg = picture(WIDTH, frame.height, title, spoken, "".join(body))
    return Picture(title, svg, _on_residuals(found), spoken)


def column_picture(found: Mapping[str, Any]) -> Picture:
    """
    The residuals of several columns, each in units of the standard deviation of its labels: a bar
    for the middle half, a line for 95 %, a dot for the median; the largest first.

    :param found: ``values`` of the evidence, with several of them ``shown``.
    """
    title = "How far off, column by column"
    rows = [_relative(one) for one in found["shown"]]
    low, high = ends(*(quantiles for _, quantiles, _ in rows), zero=True)
    frame = Frame((low, high), (0.0, 1.0), left=14, top=4, bottom=STEP * len(rows) + 8)
    body = []
    for tick in ticks(low, high, 5):
        x, style = frame.across(tick), "grid" if tick else "zero"
        body.append(element("line", x1=x, x2=x, y1=4, y2=frame.bottom, class_=style))
        body.append(label(f"{tick:g}", x, frame.bottom + 16, "tick", "middle"))
    for at, (name, quantiles, told) in enumerate(rows):
        body.append(_box(frame, name, quantiles, told, STEP * at + 8))
    axis = "(predicted − true) / standard deviation"
    body.append(label(axis, WIDTH / 2, frame.bottom + 34, "axis", "middle"))
    spoken = "; ".join(f"{name}: {told}" for name, _, told in rows)
    svg = picture(WIDTH, frame.height, title, spoken, "".join(body))
    return Picture(title, svg, _on_columns(found), spoken)


def _bar(frame: Frame, start: float, width: float, count: int, told: str) -> str:
    left, right, top = frame.across(start), frame.across(start + width), frame.down(count)
    size = {"width": right - left - 1, "height": frame.bottom - top}
    return element("rect", tooltip(told), x=left, y=top, class_="bar", **size)


def _box(frame: Frame, name: str, quantiles: Sequence[float], told: str, y: float) -> str:
    outer, inner = (quantiles[0], quantiles[-1]), (quantiles[1], quantiles[-2])
    line = y + 20
    body = [tooltip(f"{name}: {told}"), label(shorten(name, 40), frame.left, y + 10, "name")]
    for (low, high), style in ((outer, "span"), (inner, "span wide")):
        across = {"x1": frame.across(low), "x2": frame.across(high)}
        body.append(element("line", y1=line, y2=line, class_=style, **across))
    middle = frame.across(quantiles[len(quantiles) // 2])
    body.append(element("circle", cx=middle, cy=line, r=4.5, class_="spot"))
    return element("g", "".join(body))


def _relative(found: Mapping[str, Any]) -> tuple[str, list[float], str]:
    """The name of a column, its quantiles in units of its spread, and what is said of them."""
    spread = found["spread"] or 1.0
    quantiles = [value / spread for value in found["quantiles"]]
    told = f"95 % between {_signed(found['quantiles'][0])} and {_signed(found['quantiles'][-1])}"
    return found["name"], quantiles, told


def _on_spots(found: Mapping[str, Any]) -> str:
    """How far off predictions usually are, and how much of the labels they explain."""
    low, high = _signed(found["quantiles"][1]), _signed(found["quantiles"][3])
    sentence = f"Half of the predictions are between {low} and {high} off"
    if found["relative"] is not None:
        explained = 1 - found["relative"] ** 2
        sentence += (
            f"; {share(explained)} of the variance of the labels is explained"
            if explained > 0
            else "; the mean of the test labels would be as good"
        )
    drawn, rows = len(found["true"]), found["rows"]
    if drawn < rows:
        sentence += f". {drawn:,} of {rows:,} rows are drawn, evenly chosen by their label"
    return f"{sentence}."


def _on_residuals(found: Mapping[str, Any]) -> str:
    """Whether predictions are too high or too low on average, and how far off at most usually."""
    mean, error, outer = found["mean"], found["error"], found["quantiles"]
    if error is None:
        return f"There is one row, predicted {_signed(mean)} off."
    within = f"95 % lie between {_signed(outer[0])} and {_signed(outer[-1])}"
    if abs(mean) <= 2 * error:
        return (
            "On average predictions are neither too high nor too low, as far as the rows tell "
            f"({_signed(mean)} ± {amount(2 * error)}); {within}."
        )
    word = "high" if mean > 0 else "low"
    return (
        f"On average predictions are too {word}, by {amount(abs(mean))} ± {amount(2 * error)}; "
        f"{within}."
    )


def _on_columns(found: Mapping[str, Any]) -> str:
    shown = found["shown"]
    useless = [one["name"] for one in shown if (one["relative"] or 0.0) >= 1]
    first, last = shown[0], shown[-1]
    if useless:
        some = (
            f"{len(useless)} of {found['of']} columns are" if useless[1:] else f"{first['name']} is"
        )
        return (
            f"{some} predicted no better than by the mean of the test labels; the errors of "
            f"{first['name']} are largest."
        )
    ends = (f"{one['name']} ({share(one['relative'] or 0.0)})" for one in (first, last))
    return (
        "Relative to the spread of the labels, errors are largest for "
        f"{' and smallest for '.join(ends)}."
    )


def _signed(value: float) -> str:
    """A number with its sign, as a minus and not as a hyphen."""
    said = amount(value)
    return f"+{said}" if value > 0 else said.replace("-", "−")
