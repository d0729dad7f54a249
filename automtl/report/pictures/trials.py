"""What the trainings gave, over what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from automtl.core.objective import mean_gain
from automtl.core.trial import Phase, Trial
from automtl.report.findings import duration
from automtl.report.pictures.frame import Frame, tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.pictures.said import PERCENT, amount
from automtl.report.svg import WIDTH, element, label, picture
from automtl.search.cost import cost_in_j
from automtl.search.standing import Standing

SHOWN = (Phase.ANCHORS, Phase.GRAPHS, Phase.FINALISTS, Phase.GUARD)  # bags are of other rows
TOLD = 400  # trainings, up to which each says its numbers where the mouse rests
SPREAD = 3.0  # inter-quartile ranges below the lower quartile that are shown


@dataclass(frozen=True)
class Point:
    """
    A training.

    :param spent: What it and all before it cost.
    :param gain: Its mean gain over tasks, on validation.
    :param short: Whether it was not trained in full, so that its gain is no result.
    """

    spent: float
    gain: float
    phase: Phase
    short: bool
    told: str


def trials_picture(trials: Sequence[Trial], standing: Standing) -> Picture | None:
    """
    The mean gain of each training on validation, in the order they ended, by phase; the line is
    the best so far. What is far below all others is drawn at the lower edge.

    :param trials: All of them, in the order they ended.
    :param standing: How they compare.
    :return: None before there is a single-task anchor to compare with.
    """
    cost = cost_in_j(trials, standing)
    total = sum(trial.result.seconds for trial in trials)
    unit = 1.0 if cost is None or not cost else total / cost
    points = list(_points(trials, standing, unit, "s" if cost is None else "J"))
    if not points:
        return None
    axis = "seconds of training" if cost is None else "J spent (1 J is one all-shared training)"
    title = "Trainings over what they cost"
    frame = Frame((0.0, 1.02 * max(p.spent for p in points) or 1.0), _window(points), bottom=200)
    body = [
        frame.axes((axis, "mean gain on validation in %"), (1, 100)),
        frame.line((0.0, frame.x[1]), (0.0, 0.0), "nought"),
        _best_line(frame, points),
        *_drawn(frame, points),
        *_legend(frame, points),
    ]
    spoken = "; ".join(_of_phase(phase, points) for phase in SHOWN if _in(phase, points))
    svg = picture(WIDTH, frame.height + 20, title, spoken, "".join(body))
    return Picture(title, svg, _conclusion(points, cost), spoken)


def _points(trials: Sequence[Trial], standing: Standing, unit: float, name: str) -> list[Point]:
    spent = accumulate(trial.result.seconds / unit for trial in trials)
    found = []
    for trial, so_far in zip(trials, spent, strict=True):
        by_task = standing.gains(trial) if trial.done and trial.phase in SHOWN else None
        if by_task and isfinite(gain := mean_gain(by_task)):
            short = trial.order.fidelity < 1
            told = f"{trial.phase.value}, {trial.candidate.digest} seed {trial.seed}: " + (
                f"{100 * gain:+.1f}{PERCENT} after {amount(so_far)} {name}"
            )
            found.append(Point(so_far, gain, trial.phase, short, told))
    return found


def _window(points: Sequence[Point]) -> tuple[float, float]:
    """Zero and all gains, but for those that are far below the usual ones."""
    ordered = sorted(point.gain for point in points)
    lower, upper = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    low = min(max(ordered[0], lower - SPREAD * (upper - lower) - 0.02), 0.0)
    high = max(ordered[-1], 0.0)
    margin = 0.06 * (high - low) or 0.01
    return low - margin, high + margin


def _best_line(frame: Frame, points: Sequence[Point]) -> str:
    """The highest gain so far, of trainings in full."""
    whole = [point for point in points if not point.short]
    best = list(accumulate((point.gain for point in whole), max))
    x, y = list[float](), list[float]()
    for point, gain in zip(whole, best, strict=True):
        x += [point.spent] * (2 if y else 1)
        y += [y[-1], gain] if y else [gain]
    if not whole:
        return ""
    shown = [max(value, frame.y[0]) for value in y]
    return frame.line([*x, frame.x[1]], [*shown, shown[-1]], "best", "the best so far")


def _drawn(frame: Frame, points: Sequence[Point]) -> list[str]:
    if len(points) > TOLD:
        return [
            frame.dots(
                [point.spent for point in some], [max(p.gain, frame.y[0]) for p in some], phase
            )
            for phase in SHOWN
            if (some := _in(phase, points))
        ]
    return [
        element(
            "circle", tooltip(p.told), cx=frame.across(p.spent),
            cy=frame.down(max(p.gain, frame.y[0])), r=4,
            class_=f"phase {p.phase.value}{' short' if p.short else ''}",
        )
        for p in points
    ]  # fmt: skip


def _legend(frame: Frame, points: Sequence[Point]) -> list[str]:
    body, x, y = [], frame.left, frame.bottom + 56
    for phase in SHOWN:
        if _in(phase, points):
            body.append(element("circle", cx=x, cy=y - 4, r=4, class_=f"phase {phase.value}"))
            body.append(label(phase.value, x + 9, y, "axis"))
            x += 22 + 6.5 * len(phase.value)
    return body


def _in(phase: Phase, points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.phase is phase]


def _of_phase(phase: Phase, points: Sequence[Point]) -> str:
    some = [point.gain for point in _in(phase, points)]
    return f"{phase.value}: {len(some)}, from {100 * min(some):+.1f} to {100 * max(some):+.1f} %"


def _conclusion(points: Sequence[Point], cost: float | None) -> str:
    """When the best single training was reached."""
    whole = [point for point in points if not point.short]
    if not whole or max(point.gain for point in whole) <= 0:
        return "No single training has a higher mean gain than the single-task anchor."
    best = max(whole, key=lambda point: point.gain)
    at, end = best.spent, points[-1].spent
    when = (
        f"{duration(at)} of {duration(end)} of training"
        if cost is None
        else f"{amount(at)} of {amount(end)} J"
    )
    return (
        f"The best single training, {100 * best.gain:+.1f} % on validation, came after {when}, in "
        f"the phase of the {best.phase.value}; with one seed such a gain is partly luck."
    )
