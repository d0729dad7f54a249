from random import Random

from pytest import importorskip

from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.nsga2 import NSGA2

importorskip("optuna", reason="Optuna is an extra: pip install 'automtl[optuna]'")
TASKS = tuple("abcde")
RATE = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
SPACE = SearchSpace(2, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}}, RATE)


def n_nodes(graph: TaskGraph) -> int:
    return sum(map(len, graph.stages))


def searched(*against: str) -> list[int]:
    """The sizes of 60 candidates, where each node is worth something and costs something."""
    problem = SearchProblem(SPACE, TASKS, SPACE.default(), objective=Objective(against))
    searcher, rng, sizes = NSGA2(problem), Random(0), []
    for _ in range(60):
        candidate = searcher.ask(rng)
        sizes.append(n_nodes(candidate.graph))
        searcher.tell(candidate, dict.fromkeys(TASKS, 0.1 * sizes[-1]), {"flops": sizes[-1]})
    return sizes[-20:]


def test_contract() -> None:
    assert_searcher_contract(NSGA2)


def test_the_front_is_held_apart_where_gain_is_traded_against_a_cost() -> None:
    for_gain, front = searched(), searched("flops")
    assert min(for_gain) > min(front)
    assert max(front) - min(front) > max(for_gain) - min(for_gain)
