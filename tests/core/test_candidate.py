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
