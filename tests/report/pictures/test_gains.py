from xml.etree import ElementTree

from pytest import mark

from automtl.report.pictures.gains import gain_picture
from automtl.search.entry import Estimate

SVG = "{http://www.w3.org/2000/svg}"


def gains(n: int) -> dict[str, Estimate]:
    """From -0.1 up to 0.1, the intervals of the outer ones without zero."""
    return {f"task <{at}>": Estimate(0.2 * at / (n - 1) - 0.1, 0.05) for at in range(n)}


@mark.parametrize("n", [2, 30, 31, 100, 1000])
def test_any_number_of_tasks_is_drawn_in_bounds(n: int) -> None:
    picture = gain_picture(gains(n), "test")
    assert picture is not None
    svg = ElementTree.fromstring(picture.svg)
    assert float(svg.get("width", "inf")) <= 720
    assert len(picture.svg) < 70_000
    if 30 < n <= 250:
        told = [group.findtext(f"{SVG}title") or "" for group in svg.iter(f"{SVG}g")]
        assert [text.split(":")[0] for text in told] == [f"task <{at}>" for at in range(n)][::-1]


def test_it_says_who_gains_and_who_loses() -> None:
    picture = gain_picture(gains(41), "test")
    assert picture is not None
    assert picture.sentence.startswith(
        "By more than the interval, task <40>, task <39>, task <38> and 7 more gain and task <0>"
    )
    assert "the median gain of 41 tasks is" in picture.sentence
    none = gain_picture({"a": Estimate(0.1, None)}, "test")
    assert none is not None
    assert "no task gains and none loses" in none.sentence


def test_undefined_gains_are_left_out() -> None:
    assert gain_picture({"a": Estimate(float("nan"), None)}, "test") is None


def test_a_huge_interval_leaves_room_for_the_others() -> None:
    wild = gain_picture({**gains(50), "wild": Estimate(0.0, 50.0)}, "test")
    assert wild is not None
    heights = [
        float(line.get(end, "nan"))
        for line in ElementTree.fromstring(wild.svg).iter(f"{SVG}line")
        for end in ("y1", "y2")
    ]
    assert 0 <= min(heights) <= max(heights) <= 240
