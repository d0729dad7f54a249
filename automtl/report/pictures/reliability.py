"""Whether probabilities and predicted numbers mean what they say."""

from collections.abc import Mapping, Sequence
from math import pi, sqrt
from typing import Any

from automtl.report.pictures.frame import Frame, ends, tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import PERCENT, amount, share
from automtl.report.svg import element, picture

SURE = 3.0  # standard errors that a bin is off, before it is said to be: there are 15 bins
FEWEST = 5  # rows of a bin of which anything is said
FRAME = Frame((0.0, 1.0), (0.0, 1.0))


def calibration_picture(found: Mapping[str, Any]) -> Picture:
    """
    Reliability: a dot for each bin of probabilities, the larger the more rows, with twice the
    standard error that chance would give a true probability; on the diagonal they are true.

    :param found: ``calibration`` of the evidence.
    """
    title, bins = "Calibration", list(_bins(found))
    body = [FRAME.axes((f"probability of {found['of']}, %", "happened, %"), (100, 100))]
    body += [FRAME.diagonal(), *(_bin(*one, total=sum(found["count"])) for one in bins)]
    spoken = "; ".join(f"predicted {share(p)}, observed {share(o)} of {n:,}" for n, p, o in bins)
    svg = picture(FRAME.right + 14, FRAME.height, title, spoken, "".join(body))
    return Picture(title, svg, conclusion(found), spoken)


def conclusion(found: Mapping[str, Any]) -> str:
    """Where probabilities are too high or too low, by more than chance allows."""
    off = {-1: list[tuple[int, float, float]](), 1: list[tuple[int, float, float]]()}
    for n, predicted, observed in _bins(found):
        if n >= FEWEST and abs(observed - predicted) > SURE * _error(n, predicted):
            off[1 if predicted > observed else -1].append((n, predicted, observed))
    said = [_where(off[way], word) for way, word in ((1, "high"), (-1, "low")) if off[way]]
    gap = (
        f"on average over rows they are off by {100 * found['gap']:.1f} points, where chance alone "
        f"would make about {100 * _by_chance(found):.1f}"
    )
    if not said:
        return f"No probability of {found['of']} is off by more than chance allows; {gap}."
    return f"Probabilities of {found['of']} are {' and '.join(said)}; {gap}."


def mean_picture(found: Mapping[str, Any], name: str) -> Picture:
    """
    Predicted against observed means, in bins of equally many rows.

    :param found: ``bins`` of a column of values.
    """
    title = "Predicted and observed means"
    span = ends(found["predicted"], found["observed"], zero=True)
    frame = Frame(span, span)
    bins = list(_bins(found))
    dots = [
        element("circle", tooltip(f"predicted {amount(p)}, observed {amount(o)} ({n:,} rows)"),
                cx=frame.across(p), cy=frame.down(o), r=5, class_="spot")
        for n, p, o in bins
    ]  # fmt: skip
    body = [frame.axes((f"predicted {name}, mean of a bin", "observed")), frame.diagonal(), *dots]
    spoken = "; ".join(f"predicted {amount(p)}, observed {amount(o)}" for _, p, o in bins)
    (_, low, least), (_, high, most) = bins[0], bins[-1]
    sentence = (
        f"Where the lowest are predicted, {amount(low)} on average, {amount(least)} were counted; "
        f"where the highest are, {amount(high)}, {amount(most)} were."
    )
    svg = picture(frame.right + 14, frame.height, title, spoken, "".join(body))
    return Picture(title, svg, sentence, spoken)


def _bins(found: Mapping[str, Any]) -> Sequence[tuple[int, float, float]]:
    return list(zip(found["count"], found["predicted"], found["observed"], strict=True))


def _bin(n: int, predicted: float, observed: float, total: int) -> str:
    x, y, half = FRAME.across(predicted), FRAME.down(observed), 2 * _error(n, predicted)
    told = f"predicted {share(predicted)}, observed {share(observed)} of {n:,} rows"
    upper, lower = (FRAME.down(min(max(predicted + way * half, 0), 1)) for way in (1, -1))
    line = element("line", x1=x, x2=x, y1=lower, y2=upper, class_="interval")
    radius = 3 + 7 * sqrt(n / total)
    off = abs(observed - predicted) > SURE * _error(n, predicted) and n >= FEWEST
    style = "spot off" if off else "spot"
    return line + element("circle", tooltip(told), cx=x, cy=y, r=radius, class_=style)


def _error(n: int, probability: float) -> float:
    """
    The standard error of the share in ``n`` rows, if the probability is true; at least that of one
    row in ``n``, as a single row proves nothing against a probability near 0 or 1.
    """
    return sqrt(max(probability * (1 - probability), 1 / n) / n)


def _by_chance(found: Mapping[str, Any]) -> float:
    """The gap to be expected of true probabilities, by the mean absolute normal deviation."""
    bins = _bins(found)
    off = sum(sqrt(2 / pi * n * predicted * (1 - predicted)) for n, predicted, _ in bins)
    return off / sum(n for n, _, _ in bins)


def _where(bins: Sequence[tuple[int, float, float]], word: str) -> str:
    """From which to which probability they are too high or too low, and what happened there."""
    rows = sum(n for n, _, _ in bins)
    happened = sum(n * observed for n, _, observed in bins) / rows
    said = sum(n * predicted for n, predicted, _ in bins) / rows
    return f"too {word} {_span(bins)} ({share(said)} predicted, {share(happened)} happened)"


def _span(bins: Sequence[tuple[int, float, float]]) -> str:
    low, high = (f"{100 * predicted:.0f}{PERCENT}" for _, predicted, _ in (bins[0], bins[-1]))
    return f"around {low}" if len(bins) == 1 else f"from {low} to {high}"
