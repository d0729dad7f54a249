import re

from pytest import mark

from automtl.report.pictures.cells import Cells


@mark.parametrize("names", [["a", "b"], ["a long name"] * 15, ["x"] * 60])
def test_cells_lie_inside_and_do_not_overlap(names: list[str]) -> None:
    cells, last = Cells(names), len(names) - 1
    found = [cells.cell(row, column, "some", "") for row, column in [(0, 0), (0, last), (last, 0)]]
    places = [[float(v) for v in re.findall(r'(?:x|y|width)="([\d.]+)"', one)] for one in found]
    for x, y, side in places:
        assert 0 < x < x + side <= cells.width
        assert 0 < y < y + side <= cells.height
    assert places[1][0] - places[0][0] >= last * places[0][2]


def test_a_number_is_written_where_there_is_room() -> None:
    few, many = Cells(["a", "b"]), Cells(["x"] * 40)
    assert "<text" in few.cell(0, 0, "plus5", "told", "17")
    assert 'class="on"' in few.cell(0, 0, "plus5", "told", "17")
    assert "<text" not in many.cell(0, 0, "plus5", "told", "17")
    assert "<text" not in few.cell(0, 0, "plus5", "told", "123,456,789")
