import re
from xml.etree import ElementTree

from pytest import mark

from automtl.report.heat import heat_map, strength

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>&"


def test_each_pair_is_a_cell_that_tells_its_number() -> None:
    values: list[list[float | None]] = [[1.0, 0.5, None], [0.5, 1.0, -0.9], [None, -0.9, 1.0]]
    svg = ElementTree.fromstring(heat_map(["a", HOSTILE, "c"], values, "t", "d"))
    cells = {rect.findtext(f"{SVG}title"): rect.get("class") for rect in svg.iter(f"{SVG}rect")}
    assert cells == {f"{HOSTILE}, a: 0.50": "heat up3", f"c, {HOSTILE}: -0.90": "heat down5"}
    unknown = [text for text in svg.iter(f"{SVG}text") if text.findtext(f"{SVG}title")]
    assert [text.findtext(f"{SVG}title") for text in unknown] == ["c, a: not known"]


def test_the_names_stand_at_both_sides_within_the_picture() -> None:
    names = [f"a_rather_long_name_of_label_{number}" for number in range(14)]
    matrix = [[0.0] * 14 for _ in names]
    svg = ElementTree.fromstring(heat_map(names, matrix, "t", "d"))
    texts = [text.text or "" for text in svg.iter(f"{SVG}text")]
    assert len(texts) == 2 * 13
    width = float(svg.get("width", 0))
    assert all(float(rect.get("x", 0)) < width for rect in svg.iter(f"{SVG}rect"))


@mark.parametrize("value", [-1.0, -0.51, -0.05, 0.05, 0.3, 1.0])
def test_strength_grows_with_the_distance_from_zero(value: float) -> None:
    step = int(re.sub(r"\D", "", strength(value)))
    assert 1 <= step <= 5
    assert step - 1 <= abs(value) * 5 <= step
    assert ("up" in strength(value)) == (value > 0)
    assert strength(value / 100) == "heat"
