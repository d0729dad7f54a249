import json
import random

from hypothesis import assume, given

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph

GRAPH = TaskGraph.all_shared("ab", 1)


@given(...)
def test_json_round_trip(candidate: Candidate) -> None:
    again = Candidate.from_json(json.loads(json.dumps(candidate.to_json())))
    assert again == candidate
    assert hash(again) == hash(candidate)
    assert again.digest == candidate.digest
    assert again.hyperparameters == candidate.hyperparameters


@given(...)
def test_order_of_hyperparameters_does_not_matter(candidate: Candidate, rng: random.Random) -> None:
    items = list(candidate.hyperparameters.items())
    rng.shuffle(items)
    assert Candidate(candidate.graph, dict(items)) == candidate


@given(...)
def test_different_candidates_have_different_digests(one: Candidate, other: Candidate) -> None:
    assume(one.to_json() != other.to_json())
    assert one.digest != other.digest
    assert one != other


def test_what_is_equal_has_the_same_hash() -> None:
    whole, real = Candidate(GRAPH, {"width": 1}), Candidate(GRAPH, {"width": 1.0})
    assert whole != real
    assert len({whole, real, Candidate(GRAPH, {"width": 1})}) == 2
    assert whole != whole.digest


def test_options() -> None:
    candidate = Candidate(GRAPH, {"block": "mlp", "block.width": 1, "blocks.width": 2, "width": 3})
    assert candidate.options("block") == {"width": 1}
    assert candidate.options("primitive.soft_l2") == {}


def test_a_part_has_the_heads_and_losses_of_its_own_tasks() -> None:
    graph = TaskGraph.from_groups([[["a", "b"], ["c"]]])
    values = {"head.a": "chain", "head.a.seed": 1, "head.c": "linear", "loss.b": "focal", "x": 1}
    pair, alone = Candidate(graph, values).parts
    assert pair.hyperparameters == {k: v for k, v in values.items() if k != "head.c"}
    assert alone.hyperparameters == {"head.c": "linear", "x": 1}


def test_a_part_is_the_same_whatever_heads_the_others_have() -> None:
    graph = TaskGraph.single_task("ab", 1)
    first, second = (Candidate(graph, {"head.a": head}).parts for head in ("chain", "ml_decoder"))
    assert first[0] != second[0]
    assert first[1] == second[1]


def test_a_part_of_its_own_settings_has_no_heads_of_others() -> None:
    graph = TaskGraph.single_task("ab", 1)
    own = {"a": {"head.a": "chain", "head.b": "chain"}}
    assert Candidate(graph, {"head.b": "linear"}, own).parts[0].hyperparameters == {
        "head.a": "chain"
    }


def test_task_options_of_names_with_dots() -> None:
    graph = TaskGraph.single_task(["a", "a.b"], 1)
    values = {"head.a": "chain", "head.a.seed": 1, "head.a.b": "chain", "head.a.b.seed": 2}
    candidate = Candidate(graph, values)
    assert candidate.task_options("head", "a") == {"seed": 1}
    assert candidate.task_options("head", "a.b") == {"seed": 2}
    assert candidate.task_options("loss", "a") == {}
    assert [dict(part.hyperparameters) for part in candidate.parts] == [
        {"head.a": "chain", "head.a.seed": 1},
        {"head.a.b": "chain", "head.a.b.seed": 2},
    ]
