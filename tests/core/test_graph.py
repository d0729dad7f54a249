import json
import random

import networkx as nx
from hypothesis import assume, given
from pytest import mark, raises

from automtl.core.graph import HARD, INPUT, Node, TaskGraph
from automtl.errors import GraphError

AB, A, B, C = Node(("a", "b"), "soft_l2"), Node(("a",)), Node(("b",)), Node(("c",))


@given(...)
def test_every_task_follows_exactly_one_path(graph: TaskGraph) -> None:
    dag = nx.DiGraph(graph.dag)
    dag.remove_edges_from((f"head {a}", f"head {b}") for a, b in graph.cascades)
    assert nx.is_directed_acyclic_graph(graph.dag)
    for task in graph.tasks:
        carrying = [
            name
            for name, data in dag.nodes.items()
            if name == INPUT or data.get("task") == task or task in data.get("node", C).tasks
        ]
        paths = list(nx.all_simple_paths(dag.subgraph(carrying), INPUT, f"head {task}"))
        assert [dag.nodes[name]["node"] for name in paths[0][1:-1]] == list(graph.path(task))
        assert len(paths) == 1


@given(...)
def test_dag_has_one_node_a_node(graph: TaskGraph) -> None:
    n_nodes = sum(len(stage) for stage in graph.stages)
    assert len(graph.dag) == 1 + n_nodes + len(graph.tasks)


def test_dag_tells_apart_nodes_that_print_alike() -> None:
    graph = TaskGraph(((Node(("a", "b")), Node(("a+b",))),))
    assert len(graph.dag) == 1 + 2 + 3
    assert len(graph.parts) == 2


@given(...)
def test_order_of_writing_does_not_matter(graph: TaskGraph, rng: random.Random) -> None:
    stages = tuple(
        tuple(
            Node(tuple(rng.sample(node.tasks, len(node.tasks))), node.primitive)
            for node in rng.sample(stage, len(stage))
        )
        for stage in graph.stages
    )
    again = TaskGraph(stages, tuple(rng.sample(graph.cascades, len(graph.cascades))))
    assert again == graph
    assert hash(again) == hash(graph)
    assert again.digest == graph.digest


@given(...)
def test_different_graphs_have_different_digests(one: TaskGraph, other: TaskGraph) -> None:
    assume(one != other)
    assert one.digest != other.digest


@given(...)
def test_json_round_trip(graph: TaskGraph) -> None:
    again = TaskGraph.from_json(json.loads(json.dumps(graph.to_json())))
    assert again == graph
    assert again.digest == graph.digest


@given(...)
def test_parts_divide_the_tasks_and_make_the_whole(graph: TaskGraph) -> None:
    assert sorted(task for part in graph.parts for task in part.tasks) == list(graph.tasks)
    stages = zip(*(part.stages for part in graph.parts), strict=True)
    cascades = tuple(edge for part in graph.parts for edge in part.cascades)
    assert TaskGraph(tuple(sum(stage, ()) for stage in stages), cascades) == graph


@given(...)
def test_a_part_has_one_part_itself(graph: TaskGraph) -> None:
    for part in graph.parts:
        assert part.parts == (part,)


@mark.parametrize(("n_tasks", "n_stages"), [(1, 1), (3, 2), (5, 4)])
def test_parts_of_the_anchors(n_tasks: int, n_stages: int) -> None:
    tasks = [f"task {i}" for i in range(n_tasks)]
    assert len(TaskGraph.all_shared(tasks, n_stages).parts) == 1
    assert len(TaskGraph.single_task(tasks, n_stages).parts) == n_tasks


def test_a_cascade_edge_joins_parts() -> None:
    apart = TaskGraph.single_task("abc", 2)
    joined = TaskGraph(apart.stages, (("c", "a"),))
    assert [part.tasks for part in joined.parts] == [("a", "c"), ("b",)]


@given(...)
def test_restrict_keeps_what_stays(graph: TaskGraph) -> None:
    kept = graph.tasks[::2]
    left = graph.restrict(kept)
    assert left.tasks == kept
    assert graph.restrict(graph.tasks) == graph
    for task in kept:
        for before, after in zip(graph.path(task), left.path(task), strict=True):
            assert set(after.tasks) == set(before.tasks) & set(kept)
            assert after.primitive == (before.primitive if len(after.tasks) > 1 else HARD)


def test_restrict_to_nothing() -> None:
    with raises(GraphError, match="at least one task"):
        TaskGraph.all_shared("ab", 1).restrict([])


@given(...)
def test_rename_there_and_back(graph: TaskGraph) -> None:
    there = {task: f"{len(graph.tasks) - i} of {task}" for i, task in enumerate(graph.tasks)}
    renamed = graph.rename(there)
    assert set(renamed.tasks) == set(there.values())
    assert renamed.rename({new: old for old, new in there.items()}) == graph


@given(...)
def test_head_order_puts_givers_first(graph: TaskGraph) -> None:
    assert sorted(graph.head_order) == list(graph.tasks)
    for giver, receiver in graph.cascades:
        assert graph.head_order.index(giver) < graph.head_order.index(receiver)


def test_head_order_is_by_name_without_cascades() -> None:
    assert TaskGraph.all_shared("cab", 1).head_order == ("a", "b", "c")


@mark.parametrize(
    ("stages", "is_tree"),
    [
        ([["abc"], ["ab", "c"], ["a", "b", "c"]], True),
        ([["ab", "c"], ["ab", "c"]], True),
        ([["ab", "c"], ["abc"]], False),
        ([["ab", "c"], ["a", "bc"]], False),
    ],
)
def test_is_tree(stages: list[list[str]], is_tree: bool) -> None:
    assert TaskGraph.from_groups(stages).is_tree == is_tree


def test_a_lonely_task_has_a_hard_node() -> None:
    assert Node(("a",), "soft_l2") == A
    assert TaskGraph(((Node(("a",), "soft_l2"),),)).primitives == {HARD}


def test_primitives() -> None:
    assert TaskGraph(((AB, C),)).primitives == {HARD, "soft_l2"}


def test_str() -> None:
    graph = TaskGraph(((Node(("a", "b")), C), (AB, C), (A, B, C)), (("b", "a"),))
    assert str(graph) == "a+b | c → soft_l2(a+b) | c → a | b | c; b ⇒ a"


@mark.parametrize(
    ("stages", "cascades", "message"),
    [
        ((), (), "at least one stage"),
        (((),), (), "at least one task"),
        (((AB, A),), (), r"one node a stage, but \['a'\] have more at stage 1"),
        (((AB,), (A,)), (), r"\['b'\] differ at stage 2"),
        (((A,), (AB,)), (), r"\['b'\] differ at stage 2"),
        (((AB,),), (("a", "z"),), r"join tasks of the graph, but \['z'\] are not"),
        (((AB,),), (("a", "a"),), r"no cycle, but found \[\('a', 'a'\)\]"),
        (((AB,),), (("a", "b"), ("b", "a")), "no cycle"),
    ],
)
def test_a_graph_that_is_none(
    stages: tuple[tuple[Node, ...], ...], cascades: tuple[tuple[str, str], ...], message: str
) -> None:
    with raises(GraphError, match=message):
        TaskGraph(stages, cascades)


def test_a_node_that_is_none() -> None:
    with raises(GraphError, match="at least one task"):
        Node(())
    with raises(GraphError, match=r"\['a'\] are repeated"):
        Node(("a", "b", "a"))


def test_path_of_a_stranger() -> None:
    with raises(GraphError, match=r"'z' is not a task of this graph. The tasks are \('a', 'b'\)"):
        TaskGraph(((AB,),)).path("z")
