"""How good the first places of a ranking are."""

from collections.abc import Mapping
from typing import Any

from automtl.report.pictures.frame import Frame, tooltip
from automtl.report.pictures.picture import Picture
from automtl.report.svg import WIDTH, element, label, picture, ticks


def ranking_picture(found: Mapping[str, Any]) -> Picture:
    """
    NDCG of the first k places for some k; dashed, that of a random order.

    :param found: ``ranking`` of the evidence, whose scores are defined.
    """
    title, places = "NDCG of the first places", found["k"]
    last = len(places) - 1
    frame = Frame((-0.3, last + 0.3), (min(0.0, *found["ndcg"]), 1.0), bottom=190)
    body = [label("NDCG", 4, 14, "axis")]
    for tick in ticks(*frame.y, 5):
        y = frame.down(tick)
        body.append(element("line", x1=frame.left, x2=frame.right, y1=y, y2=y, class_="grid"))
        body.append(label(f"{tick:g}", frame.left - 6, y + 4, "tick", "end"))
    steps = range(len(places))
    body.append(frame.line(steps, found["chance"], "guide", "a random order"))
    body.append(frame.line(steps, found["ndcg"], "curve"))
    for at, (k, value) in enumerate(zip(places, found["ndcg"], strict=True)):
        x, told = frame.across(at), tooltip(f"first {k}: NDCG {value:.3f}")
        body.append(element("circle", told, cx=x, cy=frame.down(value), r=5, class_="spot"))
        body.append(label(str(k), x, frame.bottom + 17, "tick", "middle"))
    middle = (frame.left + frame.right) / 2
    body.append(label("places that count", middle, frame.bottom + 36, "axis", "middle"))
    spoken = "; ".join(f"first {k}: {v:.3f}" for k, v in zip(places, found["ndcg"], strict=True))
    svg = picture(WIDTH, frame.height, title, spoken, "".join(body))
    return Picture(title, svg, _conclusion(found), spoken)


def _conclusion(found: Mapping[str, Any]) -> str:
    at = min(len(found["k"]) - 1, 3)
    found_at, chance = found["ndcg"][at], found["chance"][at]
    better = "better than" if found_at > chance else "no better than"
    return (
        f"The first {found['k'][at]} places of {found['queries']:,} queries are {better} a random "
        f"order: NDCG {found_at:.3f} against {chance:.3f}, of 1 at best."
    )
