from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from automtl.report.pictures.frame import Frame, ends

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8)


@given(NUMBERS, NUMBERS)
def test_what_the_axes_hold_lies_inside(x: list[float], y: list[float]) -> None:
    frame = Frame(ends(x), ends(y, zero=True))
    assert all(frame.left <= frame.across(value) <= frame.right for value in x)
    assert all(frame.top <= frame.down(value) <= frame.bottom for value in [*y, 0.0])
    ElementTree.fromstring(f"<svg>{frame.axes(('<x>', 'y'))}</svg>")


def test_up_and_right_are_more() -> None:
    frame = Frame((0.0, 1.0), (0.0, 1.0))
    assert frame.across(0.2) < frame.across(0.7)
    assert frame.down(0.2) > frame.down(0.7)
