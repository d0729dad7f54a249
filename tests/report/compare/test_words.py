from collections.abc import Callable
from pathlib import Path

from pytest import fixture

from automtl.core.graph import Node, TaskGraph
from automtl.plugins import Plugins
from automtl.report.compare.comparison import Comparison
from automtl.report.compare.read import read_sides
from automtl.report.compare.words import MAX_LINES, meetings, on_chance, on_data, on_graphs, on_rows
from automtl.report.compare.words import on_result as result

Folder = Callable[..., Path]
Compared = Callable[..., Comparison]


@fixture
def compared(folder: Folder, plugins: Plugins) -> Compared:
    """Compares ``x`` with a folder of other numbers."""

    def make(*arguments: object, **options: object) -> Comparison:
        paths = [folder("x"), folder("y", *arguments, **options)]
        return Comparison.of(read_sides(paths), plugins)

    return make


def on_result(comparison: Comparison) -> str:
    return result(comparison, comparison.others[0])


def test_says_whether_the_data_are_the_same(compared: Compared) -> None:
    assert on_data(compared()) == [
        "x and y had the same data, divided in the same way, so all can be compared."
    ]


def test_says_what_of_other_data_can_be_compared(compared: Compared) -> None:
    (line,) = on_data(compared(digest="d2"))
    assert "tested on the same rows and labels, so their metrics can be compared" in line


def test_says_for_which_tasks_alone(compared: Compared) -> None:
    found = compared({"a": 1.0, "b": 1.0}, digest="d2", tests={"a": "t1", "b": "t2"})
    assert "their models can be compared for a alone" in on_data(found)[0]
    assert on_result(found).startswith("Of 1 task against x, y is better for a")


def test_says_when_nothing_can_be(compared: Compared) -> None:
    found = compared(digest="d2", tests={})
    assert "their models cannot be compared" in on_data(found)[0]
    assert on_result(found) == "Whether y is better than x cannot be told."


def test_says_which_tasks_one_lacks(compared: Compared) -> None:
    found = compared({"b": 2.0, "c": 1.0})
    assert on_data(found)[1:] == ["Only x predicts a.", "Only y predicts c."]


def test_says_who_was_tested_on_the_same_rows(folder: Folder, plugins: Plugins) -> None:
    some = folder("some", digest="d2", tests={"a": "t1", "b": "t2"})
    others = [folder("all"), some, folder("none", digest="d3", tests={})]
    found = Comparison.of(read_sides([folder("x"), *others]), plugins)
    assert on_rows(found) == (
        "all was tested on the same rows and labels as x; some was tested on the same rows and "
        "labels as x in some tasks alone; none was tested on other rows or labels than x."
    )


def test_says_who_is_better(compared: Compared) -> None:
    assert on_result(compared({"a": 1.0, "b": 2.5})) == (
        "Of 2 tasks against x, y is better for a and worse for b; on average over tasks, its error "
        "is 12.5 % smaller."
    )


def test_says_that_both_are_equal(compared: Compared) -> None:
    assert on_result(compared()) == "y is as good as x, to the last digit."


def test_many_intervals_miss_by_chance(folder: Folder, plugins: Plugins) -> None:
    many = {f"t{number}": 1.0 for number in range(20)}
    found = Comparison.of(read_sides([folder("x", many), folder("y", many)]), plugins)
    assert on_chance(found) == ("Of 20 intervals at 95 %, about 1 miss the truth by chance alone.")


def test_says_who_shares_in_one_alone(compared: Compared) -> None:
    parted = TaskGraph(((Node(("a", "b")),), (Node(("a",)), Node(("b",)))))
    found = compared(graph=parted)
    assert on_graphs(found, found.others[0]) == ["a and b share stage 2 in x, but not in y"]


def test_says_that_the_graphs_are_the_same(compared: Compared) -> None:
    found = compared()
    assert on_graphs(found, found.others[0]) == ["x and y have the same graph."]


def test_says_that_only_the_primitive_differs(compared: Compared) -> None:
    stage = (Node(("a", "b"), "soft_l2"),)
    found = compared(graph=TaskGraph((stage, stage)))
    (line,) = on_graphs(found, found.others[0])
    assert line.startswith("The same tasks meet at the same stages")


def test_many_pairs_are_counted(folder: Folder, plugins: Plugins) -> None:
    many = {f"t{number}": 1.0 for number in range(8)}
    alone = TaskGraph.single_task(sorted(many), 2)
    paths = [folder("x", many), folder("y", many, graph=alone)]
    found = Comparison.of(read_sides(paths), plugins)
    lines = on_graphs(found, found.others[0])
    assert len(lines) == MAX_LINES + 1
    assert lines[0] == "t0 and t1 share stage 1 and 2 in x, but not in y"
    assert lines[-1] == f"and {8 * 7 // 2 - MAX_LINES} pairs more"


def test_tasks_meet_where_they_share_a_node() -> None:
    graph = TaskGraph(((Node(("a", "c")), Node(("b",))), (Node(("b", "c")), Node(("a",)))))
    assert meetings(graph) == {(1, "a", "c"), (2, "b", "c")}
