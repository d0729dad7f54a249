import random
from itertools import combinations
from xml.etree import ElementTree

from pytest import mark

from automtl.core.graph import Node, TaskGraph
from automtl.report.graph_svg import Box, draw_graph, place, task_order

SVG = "{http://www.w3.org/2000/svg}"
THIRTY = [f"task_{number:02}" for number in range(30)]


def random_graph(seed: int, stages: int = 3) -> TaskGraph:
    """A graph in which branches part and meet again."""
    chance = random.Random(seed)
    found = []
    for _ in range(stages):
        groups: dict[int, list[str]] = {}
        for task in THIRTY:
            groups.setdefault(chance.randrange(8), []).append(task)
        found.append(list(groups.values()))
    return TaskGraph.from_groups(found)


def overlap(a: Box, b: Box) -> bool:
    return a.top < b.top + b.height and b.top < a.top + a.height


@mark.parametrize("seed", range(5))
def test_boxes_do_not_overlap(seed: int) -> None:
    for column in place(random_graph(seed)):
        assert not [1 for a, b in combinations(column, 2) if overlap(a, b)]


@mark.parametrize("seed", range(5))
def test_each_task_has_a_row_in_each_column(seed: int) -> None:
    for column in place(random_graph(seed)):
        assert sorted(task for box in column for task in box.tasks) == THIRTY
        assert all(box.top < box.row(task) < box.top + box.height for box in column
                   for task in box.tasks)  # fmt: skip


def test_the_lines_of_a_tree_do_not_cross() -> None:
    tree = TaskGraph.from_groups([
        [THIRTY[::3], THIRTY[1::3], THIRTY[2::3]],
        [THIRTY[::6], THIRTY[3::6], THIRTY[1::3], THIRTY[2::6], THIRTY[5::6]],
    ])  # fmt: skip
    assert tree.is_tree
    order = task_order(tree)
    for column in place(tree):
        rows = {task: box.row(task) for box in column for task in box.tasks}
        assert sorted(rows, key=rows.__getitem__) == order


def test_a_graph_of_thirty_tasks_is_well_formed_and_names_all() -> None:
    graph = random_graph(0)
    found = ElementTree.fromstring(draw_graph(graph))
    names = [text.text for text in found.iter(f"{SVG}text")]
    assert all(names.count(task) == 4 for task in THIRTY)
    edges = [path for path in found.iter(f"{SVG}path") if path.get("class") == "edge"]
    assert len(edges) == 4 * 30


def test_a_shared_node_shows_its_primitive_and_a_lone_one_none() -> None:
    graph = TaskGraph(((Node(("a", "b"), "cross_stitch"),), (Node(("a",)), Node(("b",)))))
    found = ElementTree.fromstring(draw_graph(graph))
    primitives = [
        text.text for text in found.iter(f"{SVG}text") if text.get("class") == "primitive"
    ]
    assert primitives == ["cross_stitch"]


def test_a_cascade_is_an_arrow_that_is_named() -> None:
    graph = TaskGraph.all_shared(["a", "b"], 1)
    graph = TaskGraph(graph.stages, (("a", "b"),))
    found = ElementTree.fromstring(draw_graph(graph))
    assert [path for path in found.iter(f"{SVG}path") if path.get("class") == "cascade"]
    assert "b reads what a predicts" in [title.text for title in found.iter(f"{SVG}title")]


def test_hostile_names_stay_text() -> None:
    graph = TaskGraph.all_shared(["<script>x</script>", "b & c"], 1)
    found = ElementTree.fromstring(draw_graph(graph))
    assert not list(found.iter(f"{SVG}script"))
    assert "<script>x</script>" in [text.text for text in found.iter(f"{SVG}text")]
