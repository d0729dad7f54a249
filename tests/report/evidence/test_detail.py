from hypothesis import given
from hypothesis import strategies as st

from automtl.report.evidence.detail import Detail, evenly, numbers


@given(st.integers(1, 500), st.integers(1, 50))
def test_even_places_are_distinct_and_hold_the_ends(n: int, most: int) -> None:
    found = evenly(n, most).tolist()
    assert found == sorted(set(found))
    assert len(found) == min(n, most)
    assert found[0] == 0
    assert most == 1 or found[-1] == n - 1


def test_more_tasks_get_less_each() -> None:
    few, many = Detail.of(2), Detail.of(1000)
    assert few == Detail()
    assert many.points < few.points
    assert min(many.points, many.spots, many.classes, many.curves, many.columns) >= 3


def test_numbers_are_json() -> None:
    assert numbers([float("inf"), float("nan"), 1 / 3]) == [None, None, 0.3333]
