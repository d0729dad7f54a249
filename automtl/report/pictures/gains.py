"""The gain of each task."""

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import median

from automtl.report.findings import listing, tone
from automtl.report.leaderboard import percent
from automtl.report.pictures.frame import Frame, tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.svg import WIDTH, Whisker, dots_and_whiskers, element, label, picture, ticks
from automtl.search.entry import Estimate

NAMED = 30  # tasks, up to which each has a row with its name
SPOKEN = 10  # tasks at both ends that are named in words, beyond
STEP = 6  # pixels of a task beyond
WIDEST = 720  # pixels
TOLD = 250  # tasks, up to which each says its gain where the mouse rests


def gain_picture(gains: Mapping[str, Estimate], part: str) -> Picture | None:
    """
    Gains with their intervals: a row a task, or beyond `NAMED` tasks all in one row, from the
    highest down.

    :param gains: By task.
    :param part: The part of the data that they are of, such as ``"test"``.
    :return: None where no gain is defined.
    """
    known = {task: gain for task, gain in gains.items() if isfinite(gain.mean)}
    if not known:
        return None
    title = f"Gain on {part} of each task, with 95 % intervals"
    ordered = sorted(known.items(), key=lambda one: -one[1].mean)
    ends = ordered if len(ordered) <= NAMED else [*ordered[:SPOKEN], *ordered[-SPOKEN:]]
    spoken = "; ".join(f"{task} {percent(gain)}" for task, gain in ends)
    if len(known) > NAMED:
        svg = _caterpillar(ordered, title, spoken, part)
    else:
        axis = f"gain on {part} in %; right of zero is better"
        svg = dots_and_whiskers([_whisker(*one) for one in known.items()], title, spoken, axis)
    return Picture(title, svg, _conclusion(ordered), spoken)


def _whisker(task: str, gain: Estimate) -> Whisker:
    return Whisker(task, gain.mean, *_ends(gain), tone(gain))


def _ends(gain: Estimate) -> tuple[float, float]:
    half = gain.half_width or 0.0
    return gain.mean - half, gain.mean + half


def _caterpillar(
    ordered: Sequence[tuple[str, Estimate]], title: str, spoken: str, part: str
) -> str:
    """All tasks in one row; an interval that leaves the picture is cut off at its edge."""
    right = min(WIDEST, max(WIDTH, 60 + STEP * len(ordered))) - 14.0
    frame = Frame((-1.0, float(len(ordered))), _window([g for _, g in ordered]), right=right)
    body = [label(f"gain on {part} in %; above zero is better", 4, 14, "axis")]
    for tick in ticks(*frame.y, 6):
        y, style = frame.down(tick), "grid" if tick else "zero"
        body.append(element("line", x1=frame.left, x2=right, y1=y, y2=y, class_=style))
        body.append(label(f"{100 * tick:g}", frame.left - 6, y + 4, "tick", "end"))
    if len(ordered) <= TOLD:
        body += [_upright(frame, at, *one) for at, one in enumerate(ordered)]
    else:
        body += [_uprights(frame, ordered, style) for style in ("unsure", "better", "worse")]
    axis = f"{len(ordered)} tasks, from the highest gain to the lowest"
    body.append(label(axis, (frame.left + right) / 2, frame.bottom + 20, "axis", "middle"))
    return picture(right + 14, frame.bottom + 30, title, spoken, "".join(body))


def _upright(frame: Frame, at: int, task: str, gain: Estimate) -> str:
    """A task of the caterpillar, with a tooltip."""
    x, style = frame.across(at), tone(gain)
    low, high = _cut(frame, gain)
    line = element("line", x1=x, x2=x, y1=low, y2=high, class_=f"thin {style}")
    dot = element("circle", cx=x, cy=frame.down(gain.mean), r=2.5, class_=f"mark {style}")
    return element("g", tooltip(f"{task}: {percent(gain)}") + line + dot)


def _uprights(frame: Frame, ordered: Sequence[tuple[str, Estimate]], style: str) -> str:
    """All tasks of one tone without tooltips, as two paths, since there are many."""
    some = [(at, gain) for at, (_, gain) in enumerate(ordered) if tone(gain) == style]
    if not some:
        return ""
    ends = [(frame.across(at), *_cut(frame, gain)) for at, gain in some]
    drawn = "".join(f"M{x:.1f} {low:.1f}V{high:.1f}" for x, low, high in ends)
    lines = element("path", d=drawn, class_=f"thin {style}")
    return lines + frame.dots([at for at, _ in some], [gain.mean for _, gain in some], style)


def _cut(frame: Frame, gain: Estimate) -> tuple[float, float]:
    """Where an interval begins and ends in the picture."""
    low, high = (frame.down(min(max(end, frame.y[0]), frame.y[1])) for end in _ends(gain))
    return low, high


def _window(gains: Sequence[Estimate]) -> tuple[float, float]:
    """Zero, all means, and intervals as far as half the span of the means beyond them."""
    means = [gain.mean for gain in gains] + [0.0]
    reach = 0.5 * (max(means) - min(means)) or 0.01
    low = min(max(min(_ends(gain)[0] for gain in gains), min(means) - reach), min(means))
    high = max(min(max(_ends(gain)[1] for gain in gains), max(means) + reach), max(means))
    margin = 0.05 * (high - low) or 0.01
    return low - margin, high + margin


def _conclusion(ordered: Sequence[tuple[str, Estimate]]) -> str:
    """How many gain and lose credibly, and who most."""
    names = {"better": list[str](), "worse": list[str](), "unsure": list[str]()}
    for task, gain in ordered:
        names[tone(gain)].append(task)
    better, worse = names["better"], names["worse"][::-1]
    said = [
        f"{listing(better, 3)} gain{'s' * (len(better) == 1)}" if better else "no task gains",
        f"{listing(worse, 3)} lose{'s' * (len(worse) == 1)}" if worse else "none loses",
    ]
    middle = 100 * median(gain.mean for _, gain in ordered)
    sentence = f"By more than the interval, {' and '.join(said)}"
    return f"{sentence}; the median gain of {len(ordered)} tasks is {middle:+.1f} %."
