"""The Pareto front of gain against a cost."""

from collections.abc import Sequence

from automtl.report.decisions import UNITS
from automtl.report.findings import tone
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import amount
from automtl.report.summary import FrontPoint
from automtl.report.svg import Spot, scatter


def front_picture(points: Sequence[FrontPoint], cost: str, chosen: str) -> Picture:
    """
    Mean gain on validation against a cost, with intervals.

    :param points: Of the front, at least one.
    :param cost: One of `COSTS`.
    :param chosen: The digest of the exported candidate.
    """
    unit = UNITS[cost]
    spots = [_spot(point, cost) for point in points]
    spoken = "; ".join(f"{spot.x:,.4g} {unit}: {100 * spot.y:+.1f} %" for spot in spots)
    title = f"Mean gain against {unit}"
    svg = scatter(spots, title, spoken, (unit, "mean gain on validation in %"))
    return Picture(title, svg, _conclusion(points, cost, chosen), spoken)


def _spot(point: FrontPoint, cost: str) -> Spot:
    mean, half = point.gain.mean, point.gain.half_width or 0.0
    return Spot(point.costs[cost], mean, mean - half, mean + half, tone(point.gain))


def _conclusion(points: Sequence[FrontPoint], cost: str, chosen: str) -> str:
    """What the cheapest candidate saves, and what it gives up."""
    cheapest = min(points, key=lambda point: point.costs[cost])
    exported = next((point for point in points if point.digest == chosen), None)
    unit = UNITS[cost]
    least = f"{amount(cheapest.costs[cost])} {unit}, with a mean gain of {_gain(cheapest)}"
    if exported is None:
        return f"The cheapest of the front has {least}."
    if exported is cheapest or exported.costs[cost] <= cheapest.costs[cost]:
        return f"The exported candidate is the cheapest of the front: it has {least}."
    times = exported.costs[cost] / cheapest.costs[cost] if cheapest.costs[cost] else float("inf")
    return (
        f"The exported candidate has {amount(exported.costs[cost])} {unit} and a mean gain of "
        f"{_gain(exported)}; the cheapest has {least}: {times:.2g} times less for "
        f"{100 * (exported.gain.mean - cheapest.gain.mean):.1f} points of gain."
    )


def _gain(point: FrontPoint) -> str:
    return f"{100 * point.gain.mean:+.1f} %"
