from collections.abc import Callable, Mapping
from random import Random

from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import Node, TaskGraph
from automtl.core.moves import random_move
from automtl.core.trees import random_tree
from automtl.search.entry import Entry, Estimate
from automtl.search.guard import alone, harmed, spare, split_off

Make = Callable[..., Candidate]
TASKS = "abcdef"
OWN = {task: {"block": "mlp", "width": number} for number, task in enumerate(TASKS)}


def entry(candidate: Candidate, losers: str, half_width: float | None = 0.01) -> Entry:
    tasks = candidate.graph.tasks
    gains = {t: Estimate(-0.1 if t in losers else 0.1, half_width) for t in tasks}
    return Entry(candidate, (), gains, Estimate(0.0, half_width), "")


def anchor(own: Mapping[str, Mapping[str, int | str]] = OWN) -> Candidate:
    return Candidate(TaskGraph.single_task(own, 3), {"block": "mlp"}, own)


def some_graph(rng: Random) -> TaskGraph:
    graph = random_tree(TASKS, 3, rng)
    for _ in range(6):
        graph = random_move(graph, ["hard", "mtan"], rng, cascades=True)
    return graph


@mark.parametrize("seed", range(40))
def test_harmed_tasks_end_alone_and_the_others_stay_where_they_are(seed: int) -> None:
    rng = Random(seed)
    graph = some_graph(rng)
    losers = "".join(rng.sample(TASKS, rng.randrange(1, len(TASKS))))
    before = Candidate(graph, {"block": "tabm", "primitive.mtan.reduction": 4, "width": 99})
    after = spare(entry(before, losers), anchor())
    assert after is not None
    others = set(TASKS) - set(losers)
    assert alone(after.graph) >= set(losers)
    assert after.graph.restrict(others) == graph.restrict(others)
    assert not any(set(edge) & set(losers) for edge in after.graph.cascades)
    single = {part.graph.tasks[0]: part for part in anchor().parts}
    parts = {part.graph.tasks: part for part in after.parts}
    for task in alone(after.graph) - alone(graph) | set(losers):
        assert parts[(task,)] == single[task]  # so that its gain is zero by definition
    for part in before.parts:  # what no harmed task was in is not trained again
        if not set(part.graph.tasks) & set(losers):
            assert part == parts[part.graph.tasks]


@mark.parametrize("seed", range(20))
def test_who_was_split_off_can_be_told_from_the_graphs(seed: int) -> None:
    rng = Random(seed)
    before = Candidate(some_graph(rng), {"block": "tabm", "primitive.mtan.reduction": 4})
    losers = set(rng.sample(TASKS, 2))
    after = spare(entry(before, "".join(losers)), anchor())
    assert after is not None
    found = set(split_off(before, after))
    assert found == losers | (alone(after.graph) - alone(before.graph))
    assert split_off(after, before) == split_off(before, before) == []
    other = Candidate(before.graph, {"block": "resnet"})
    assert split_off(other, after) == []


def test_who_has_nobody_left_to_share_with_is_alone_too() -> None:
    pair = Candidate(TaskGraph.from_groups([["ab", "cde"]] * 3), {"block": "tabm"})
    five = {task: OWN[task] for task in "abcde"}
    after = spare(entry(pair, "a"), anchor(five))
    assert after is not None
    assert alone(after.graph) == {"a", "b"}
    assert after.alone == {"a": OWN["a"], "b": OWN["b"]}


def test_an_anchor_without_settings_of_each_tasks_own_gives_its_common_ones() -> None:
    shared = Candidate(TaskGraph.all_shared(TASKS, 3), {"block": "tabm"})
    plain = Candidate(TaskGraph.single_task(TASKS, 3), {"block": "mlp"})
    after = spare(entry(shared, "a"), plain)
    assert after is not None
    assert after.alone == {"a": {"block": "mlp"}}


@mark.parametrize("losers", [TASKS, "abcde"])
def test_where_nothing_is_left_to_share_the_anchor_is_left(losers: str) -> None:
    shared = Candidate(TaskGraph.all_shared(TASKS, 3), {"block": "tabm"})
    assert spare(entry(shared, losers), anchor()) == anchor()


def test_without_credible_harm_nothing_is_done(candidate: Make) -> None:
    shared = candidate(TaskGraph.all_shared(TASKS, 3))
    assert spare(entry(shared, ""), anchor()) is None
    assert spare(entry(shared, "a", None), anchor()) is None
    assert spare(entry(shared, "a", 0.2), anchor()) is None
    assert harmed(entry(shared, "ca", 0.0)) == ["a", "c"]


def test_options_of_primitives_that_are_gone_go_too() -> None:
    graph = TaskGraph(((Node(("a", "b"), "mtan"), Node(("c", "d", "e", "f"), "hard")),) * 3)
    before = Candidate(graph, {"block": "mlp", "primitive.mtan.reduction": 4})
    after = spare(entry(before, "a"), anchor())
    assert after is not None
    assert dict(after.hyperparameters) == {"block": "mlp"}
