from typing import Any
from xml.etree import ElementTree

from automtl.report.pictures.curves import precision_picture, roc_picture

SVG = "{http://www.w3.org/2000/svg}"


def one(name: str, auc: float, ap: float) -> dict[str, Any]:
    return {
        "name": name,
        "roc": [[0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0]],
        "pr": [[0.25, 0.5, 1.0], [1.0, 0.75, 0.4]],
        "auc": auc,
        "ap": ap,
        "share": 0.25,
    }


def test_the_hardest_stands_out_by_each_measure() -> None:
    found = {"of": 3, "shown": [one("a", 0.6, 0.7), one("b", 0.8, 0.5)]}
    roc, precision = roc_picture(found), precision_picture(found)
    assert roc.sentence.startswith("Hardest to tell from the rest is a.")
    assert "the 2 lowest of 3 are drawn" in roc.sentence
    assert precision.spoken == "b: AP 0.500; a: AP 0.700"
    svg = ElementTree.fromstring(roc.svg)
    assert [line.get("class") for line in svg.iter(f"{SVG}polyline")] == [
        "guide", "curve other", "curve",
    ]  # fmt: skip


def test_precision_is_that_at_half_of_the_recall_and_is_not_interpolated() -> None:
    picture = precision_picture({"of": 1, "shown": [one("a", 0.6, 0.7)]})
    assert "the precision is 75\N{NO-BREAK SPACE}%" in picture.sentence
    (line,) = (
        line
        for line in ElementTree.fromstring(picture.svg).iter(f"{SVG}polyline")
        if line.get("class") == "curve"
    )
    heights = [float(point.split(",")[1]) for point in line.get("points", "").split()]
    assert heights[::2] == heights[1::2]  # stairs
