from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from automtl.report.svg import (
    Line,
    Spot,
    Whisker,
    dots_and_whiskers,
    element,
    line_chart,
    picture,
    scatter,
    shorten,
    ticks,
    words,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('\"&')</script>\x00"


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def drawn(rows: list[Whisker]) -> ElementTree.Element:
    return parsed(dots_and_whiskers(rows, "title", "description", "axis"))


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_well_formed(text: str) -> None:
    assert parsed(element("text", words(text) or "-", class_=text)).tag == "text"


def test_hostile_text_stays_text() -> None:
    found = drawn([Whisker(HOSTILE, 0.1, 0.0, 0.2, "better")])
    assert not list(found.iter(f"{SVG}script"))
    assert "<script>alert('\"&')</script>�" in [text.text for text in found.iter(f"{SVG}text")]


def test_a_picture_says_what_it_shows() -> None:
    found = parsed(picture(10, 20, "Gain", "species +3 %", ""))
    assert found.get("role") == "img"
    assert [(child.tag, child.text) for child in found] == [
        (f"{SVG}title", "Gain"),
        (f"{SVG}desc", "species +3 %"),
    ]


@given(st.text(), st.integers(3, 30))
def test_shortened_text_keeps_its_ends(text: str, columns: int) -> None:
    found = shorten(text, columns)
    assert len(found) <= columns or found == text
    assert found == text or text.endswith(found.split("…")[-1])


def test_wide_letters_take_two_columns() -> None:
    assert shorten("予測対象", 8) == "予測対象"
    assert len(shorten("予測対象の列", 8)) <= 5


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e6))
def test_ticks_lie_inside_evenly(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert 1 <= len(found) <= 6
    assert all(low - 0.01 * span <= tick <= low + 1.01 * span for tick in found)


def test_better_lies_to_the_right() -> None:
    rows = [Whisker("a", -0.1, -0.2, 0.0, "unsure"), Whisker("b", 0.2, 0.1, 0.3, "better")]
    left, right = (float(dot.get("cx", "nan")) for dot in drawn(rows).iter(f"{SVG}circle"))
    assert left < right


def test_worse_differs_in_shape_not_only_in_colour() -> None:
    found = drawn([Whisker("a", -0.1, -0.2, -0.05, "worse")])
    assert not list(found.iter(f"{SVG}circle"))
    assert [path.get("class") for path in found.iter(f"{SVG}path")] == ["mark worse"]


def test_a_huge_interval_is_cut_off_with_arrows() -> None:
    rows = [Whisker(str(n), 0.01, -0.01, 0.03, "unsure") for n in range(4)]
    rows.append(Whisker("wild", 0.0, -9.0, 9.0, "unsure"))
    found = drawn(rows)
    assert len([path for path in found.iter(f"{SVG}path") if path.get("class") == "arrow"]) == 2
    ends = [
        float(line.get(end, "nan")) for line in found.iter(f"{SVG}line") for end in ("x1", "x2")
    ]
    assert 0 <= min(ends) <= max(ends) <= 340


@mark.parametrize("value", [0.0, 0.5, -0.5])
def test_a_single_value_without_interval_is_drawn(value: float) -> None:
    assert list(drawn([Whisker("a", value, value, value, "unsure")]).iter(f"{SVG}circle"))


@mark.parametrize("values", [[1.0], [0.0, 0.0], [-1.0, 2.0], [1e-4, 1e3], [7.0] * 5])
def test_any_losses_are_drawn_inside_the_frame(values: list[float]) -> None:
    found = parsed(line_chart([Line(values, "train")], 0, "title", "description"))
    (line,) = found.iter(f"{SVG}polyline")
    spots = [tuple(map(float, spot.split(","))) for spot in line.get("points", "").split()]
    assert len(spots) == len(values)
    assert all(0 <= x <= 340 and 0 <= y <= 154 for x, y in spots)


def test_wide_positive_losses_get_a_logarithmic_axis() -> None:
    wide, narrow = [100.0, 1.0], [2.0, 1.0]
    assert "logarithmic" in line_chart([Line(wide, "train")], 0, "title", "")
    assert "logarithmic" not in line_chart([Line(narrow, "train")], 0, "title", "")


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    values = [1.0 + 1 / (epoch + 1) for epoch in range(10_001)]
    found = parsed(line_chart([Line(values, "train")], 7, "title", "description"))
    (line,) = found.iter(f"{SVG}polyline")
    spots = line.get("points", "").split()
    assert len(spots) <= 305
    assert spots[-1].startswith("330.0,")


def spots(costs: list[float], gains: list[float]) -> ElementTree.Element:
    made = [Spot(x, y, y - 0.01, y + 0.01, "better") for x, y in zip(costs, gains, strict=True)]
    return parsed(scatter(made, HOSTILE, "description", ("parameters", "gain in %")))


@mark.parametrize("costs", [[1.0, 2.0, 3.0], [10.0, 1e4, 1e7], [0.0, 5.0, 900.0], [7.0] * 3])
def test_a_scatter_keeps_the_order_and_stays_inside(costs: list[float]) -> None:
    gains = [-0.2, 0.0, 0.1]
    found = spots(costs, gains)
    dots = list(found.iter(f"{SVG}circle"))
    across, down = ([float(dot.get(key, "")) for dot in dots] for key in ("cx", "cy"))
    assert across == sorted(across)
    assert down == sorted(down, reverse=True)  # up is more
    width, height = (float(found.get(key, "")) for key in ("width", "height"))
    assert all(0 < x < width for x in across)
    assert all(0 < y < height for y in down)
    text = "".join(found.itertext())
    assert ("logarithmic" in text) == (min(costs) > 0 and max(costs) > 20 * min(costs))


def test_one_point_is_drawn_too() -> None:
    assert len(list(spots([100.0], [0.0]).iter(f"{SVG}circle"))) == 1
