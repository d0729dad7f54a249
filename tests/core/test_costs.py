from random import Random

import numpy as np
from pytest import approx, mark

from automtl.core.candidate import Candidate
from automtl.core.costs import CostModel, blocks
from automtl.core.graph import Node, TaskGraph
from automtl.core.task import Floats
from automtl.core.trees import random_tree

SINGLE, SHARED = TaskGraph.single_task("abcd", 2), TaskGraph.all_shared("abcd", 2)


def trees(n: int, seed: int = 0) -> list[Candidate]:
    rng = Random(seed)
    return [Candidate(random_tree("abcd", 2, rng), {}) for _ in range(n)]


def predict(model: CostModel, candidates: list[Candidate], cost: str) -> Floats:
    return model.predict(np.stack([blocks(candidate.graph) for candidate in candidates]), cost)


def told(candidates: list[Candidate], powers: tuple[float, float]) -> CostModel:
    """Told costs that are proportional to a power of the blocks at each stage."""
    model = CostModel()
    for candidate in candidates:
        cost = 1000.0 * float(np.prod(blocks(candidate.graph) ** powers))
        model.tell(candidate, {"parameters": cost})
    return model


def test_a_hard_node_is_one_block_and_another_one_a_task() -> None:
    soft = TaskGraph(((Node(tuple("abcd"), "soft_l2"),), (Node(("a", "b")), Node(("c", "d")))))
    assert [blocks(graph).tolist() for graph in (SINGLE, SHARED, soft)] == [[4, 4], [1, 1], [4, 2]]


def test_untold_it_takes_all_blocks_for_equal() -> None:
    single, shared = predict(CostModel(), [Candidate(SINGLE, {}), Candidate(SHARED, {})], "flops")
    assert single - shared == approx(np.log(4))


@mark.parametrize("powers", [(0.5, 0.5), (1.2, 0.1), (0.0, 0.9)])
def test_it_finds_what_the_blocks_of_each_stage_cost(powers: tuple[float, float]) -> None:
    new = trees(20, seed=1)
    expected = np.log([1000.0 * np.prod(blocks(candidate.graph) ** powers) for candidate in new])
    errors = [
        np.abs(predict(told(trees(n), powers), new, "parameters") - expected).mean()
        for n in (3, 100)
    ]
    assert errors[1] < 0.02
    assert errors[1] <= errors[0] + 1e-9


def test_of_one_candidate_it_expects_what_it_cost() -> None:
    shared = Candidate(SHARED, {})
    assert predict(told([shared], (0.5, 0.5)), [shared], "parameters") == approx(np.log(1000))


def test_a_cost_that_is_not_known_of_all_is_learned_from_the_others() -> None:
    first, *others = trees(6)
    without = predict(told(others, (1.0, 0.2)), [first], "parameters")
    model = CostModel()
    model.tell(first, {})
    model.tell(first, {"flops": 7.0})
    for candidate in others:
        model.tell(
            candidate,
            {"parameters": 1000.0 * float(np.prod(blocks(candidate.graph) ** (1.0, 0.2)))},
        )
    assert predict(model, [first], "parameters") == approx(without)
