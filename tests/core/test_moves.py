import random
from collections.abc import Callable, Iterator
from itertools import chain, combinations, permutations

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from automtl.core.graph import HARD, Node, TaskGraph
from automtl.core.moves import cascade, merge, move, random_move, split, swap
from automtl.core.trees import enumerate_trees, random_tree
from automtl.errors import GraphError

PRIMITIVES = (HARD, "cross_stitch", "soft_l2")
AB, BC = Node(("a", "b"), "soft_l2"), Node(("b", "c"), "cross_stitch")
A, B, C = Node(("a",)), Node(("b",)), Node(("c",))

trees = st.builds(
    lambda n_tasks, n_stages, seed: random_tree("abcde"[:n_tasks], n_stages, random.Random(seed)),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(),
)


def splits(graph: TaskGraph) -> Iterator[TaskGraph]:
    for stage, nodes in enumerate(graph.stages):
        for node in nodes:
            sizes = range(1, len(node.tasks))
            for leaving in chain(*(combinations(node.tasks, size) for size in sizes)):
                yield split(graph, stage, leaving)


def merges(graph: TaskGraph) -> Iterator[TaskGraph]:
    for stage, nodes in enumerate(graph.stages):
        yield from (merge(graph, stage, *pair) for pair in permutations(nodes, 2))


def moves(graph: TaskGraph) -> Iterator[TaskGraph]:
    for task, companion in permutations(graph.tasks, 2):
        for depth in range(len(graph.stages) + 1):
            yield move(graph, task, companion, depth)


@mark.parametrize("neighbours", [splits, merges, moves])
@given(graph=trees)
def test_a_tree_stays_a_tree(
    graph: TaskGraph, neighbours: Callable[[TaskGraph], Iterator[TaskGraph]]
) -> None:
    for neighbour in neighbours(graph):
        assert neighbour.is_tree
        assert neighbour.tasks == graph.tasks
        assert len(neighbour.stages) == len(graph.stages)


@mark.parametrize("neighbours", [splits, merges, moves])
@given(graph=...)
def test_any_graph_keeps_its_tasks_stages_and_cascades(
    graph: TaskGraph, neighbours: Callable[[TaskGraph], Iterator[TaskGraph]]
) -> None:
    for neighbour in neighbours(graph):
        assert neighbour.tasks == graph.tasks
        assert neighbour.cascades == graph.cascades
        assert len(neighbour.stages) == len(graph.stages)


@mark.parametrize(("n_tasks", "n_stages"), [(3, 1), (3, 2), (4, 2)])
@mark.parametrize("neighbours", [lambda g: chain(splits(g), merges(g)), moves])
def test_every_tree_is_reached_from_every_tree(
    n_tasks: int, n_stages: int, neighbours: Callable[[TaskGraph], Iterator[TaskGraph]]
) -> None:
    everything = set(enumerate_trees("abcd"[:n_tasks], n_stages))
    forward = {tree: set(neighbours(tree)) for tree in everything}
    for start in everything:
        seen, edge = {start}, {start}
        while edge := {other for tree in edge for other in forward[tree]} - seen:
            seen |= edge
        assert seen == everything


@given(graph=trees)
def test_merge_undoes_a_split_at_the_last_stage(graph: TaskGraph) -> None:
    last = len(graph.stages) - 1
    for node in graph.stages[last]:
        for task in node.tasks[1:]:
            apart = split(graph, last, [task])
            sides = apart.node(last, task), apart.node(last, node.tasks[0])
            assert merge(apart, last, *sides) == graph
            assert merge(apart, last, *sides, meet=True) == graph


def test_split_separates_at_all_later_stages() -> None:
    graph = split(TaskGraph.all_shared("abc", 3), 1, "ab")
    assert graph == TaskGraph.from_groups([["abc"], ["ab", "c"], ["ab", "c"]])


def test_split_keeps_the_primitive_of_both_sides() -> None:
    graph = TaskGraph(((Node(("a", "b", "c", "d"), "soft_l2"),),))
    assert split(graph, 0, "ab").stages == ((AB, Node(("c", "d"), "soft_l2")),)


def test_merge_takes_the_primitives_on_the_path_to_the_first() -> None:
    graph = TaskGraph(((A, BC), (A, BC)))
    everyone = ("a", "b", "c")
    assert merge(graph, 1, BC, A).primitives == {"cross_stitch"}
    assert merge(graph, 1, A, BC).primitives == {HARD}
    assert merge(graph, 1, BC, A, meet=True).stages == ((A, BC), (Node(everyone, "cross_stitch"),))


def test_branches_may_meet() -> None:
    graph = TaskGraph.single_task("ab", 3)
    met = merge(graph, 1, A, B, meet=True)
    assert met == TaskGraph.from_groups([["a", "b"], ["ab"], ["a", "b"]])
    assert not met.is_tree
    assert merge(graph, 1, A, B).is_tree


def test_move_keeps_primitives_that_stay_shared() -> None:
    graph = TaskGraph(((AB, C), (AB, C)))
    assert move(graph, "a", "b", 2) == graph
    assert move(graph, "a", "b", 1).stages == ((AB, C), (A, B, C))
    assert move(graph, "c", "a", 1).stages[0] == (Node(("a", "b", "c"), "soft_l2"),)


def test_move_to_no_depth_leaves_a_task_alone() -> None:
    assert move(TaskGraph.all_shared("abc", 2), "c", "a", 0) == TaskGraph.from_groups(
        [["ab", "c"], ["ab", "c"]]
    )


def test_swap() -> None:
    graph = TaskGraph(((AB, C), (AB, C)))
    assert swap(graph, 1, AB, HARD).stages == ((AB, C), (Node(("a", "b")), C))
    assert swap(graph, 1, C, "soft_l2") == graph  # one task has nobody to share with


def test_cascade_draws_and_erases() -> None:
    graph = TaskGraph.all_shared("abc", 1)
    drawn = cascade(graph, "a", "b")
    assert drawn.cascades == (("a", "b"),)
    assert cascade(drawn, "a", "b") == graph
    with raises(GraphError, match="no cycle"):
        cascade(drawn, "b", "a")


@given(...)
def test_a_random_move_leads_to_a_neighbour(
    graph: TaskGraph, rng: random.Random, cascades: bool
) -> None:
    other = random_move(graph, PRIMITIVES, rng, cascades=cascades)
    assert other.tasks == graph.tasks
    assert len(other.stages) == len(graph.stages)
    assert other.primitives <= graph.primitives | set(PRIMITIVES)
    assert cascades or other.cascades == graph.cascades
    assert (other == graph) == (len(graph.tasks) == 1)


def test_random_moves_reach_every_graph() -> None:
    graph, rng = TaskGraph.all_shared("ab", 1), random.Random(0)
    seen = {graph}
    for _ in range(200):
        graph = random_move(graph, (HARD, "soft_l2"), rng, cascades=True)
        seen.add(graph)
    assert len(seen) == 3 * 3  # apart, hard or soft, and no cascade edge or one of two


@mark.parametrize(
    ("wrong", "message"),
    [
        (lambda g: split(g, 0, "abc"), "some, not all, of the tasks of one node"),
        (lambda g: split(g, 0, "ab"), "some, not all"),
        (lambda g: split(g, 0, "bc"), r"\['b', 'c'\] are in \['soft_l2\(a\+b\)', 'c'\]"),
        (lambda g: split(g, 0, ""), "some, not all"),
        (lambda g: split(g, 0, "z"), "some, not all"),
        (lambda g: merge(g, 0, AB, AB), "two nodes of one stage"),
        (lambda g: merge(g, 0, AB, B), "but got 'soft_l2\\(a\\+b\\)' and 'b'"),
        (lambda g: swap(g, 0, B, HARD), "'b' is not a node of stage 1"),
        (lambda g: move(g, "a", "a", 1), "'a' is to follow 'a'"),
        (lambda g: move(g, "z", "a", 1), "'z' is to follow 'a' among"),
        (lambda g: move(g, "a", "z", 1), "'a' is to follow 'z' among"),
        (lambda g: cascade(g, "a", "z"), r"\['z'\] are not"),
    ],
)
def test_a_move_that_does_not_apply(wrong: Callable[[TaskGraph], TaskGraph], message: str) -> None:
    with raises(GraphError, match=message):
        wrong(TaskGraph(((AB, C),)))
