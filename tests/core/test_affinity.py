import json
from itertools import permutations

from hypothesis import given
from pytest import approx

from automtl.core.affinity import Affinity
from automtl.core.graph import TaskGraph


@given(...)
def test_json_round_trip(affinity: Affinity) -> None:
    assert Affinity.from_json(json.loads(json.dumps(affinity.to_json()))) == affinity


@given(...)
def test_sharing_nothing_scores_zero(affinity: Affinity) -> None:
    assert affinity.score(TaskGraph.single_task("abc", 2)) == 0


@given(...)
def test_sharing_all_scores_the_mean(affinity: Affinity) -> None:
    pairs = permutations("abc", 2)
    total = sum(affinity.between(stage, *pair) for pair in pairs for stage in (0, 1))
    assert affinity.score(TaskGraph.all_shared("abc", 2)) == approx(total / (3 * 3 * 2))


@given(...)
def test_a_pair_scores_what_it_shares(affinity: Affinity) -> None:
    graph = TaskGraph.from_groups([["ca", "b"], ["a", "b", "c"]])
    both = affinity.between(0, "a", "c") + affinity.between(0, "c", "a")
    assert affinity.score(graph) == approx(both / 2 / 3 / 2)


def test_between_has_the_receiver_in_its_row() -> None:
    affinity = Affinity(("a", "b"), (((0.0, 0.25), (-0.5, 0.0)),), (((0.0,) * 2,) * 2,), "by hand")
    assert affinity.between(0, receiver="a", helper="b") == 0.25
    assert affinity.between(0, receiver="b", helper="a") == -0.5


def test_reads_what_had_no_cost_yet() -> None:
    affinity = Affinity(("a",), (((0.0,),),), (((0.0,),),), "by hand", cost=1.2)
    data = json.loads(json.dumps(affinity.to_json()))
    assert Affinity.from_json(data).cost == 1.2
    del data["cost"]
    assert Affinity.from_json(data).cost == 0


def test_time_does_not_tell_affinities_apart() -> None:
    first, second = (Affinity(("a",), (), (), "by hand", cost) for cost in (1.1, 1.2))
    assert first == second
