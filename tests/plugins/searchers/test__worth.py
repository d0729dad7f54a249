from dataclasses import replace

import numpy as np
from pytest import approx

from automtl.core.candidate import Candidate
from automtl.core.costs import CostModel
from automtl.core.graph import TaskGraph
from automtl.core.label_moves import canonical
from automtl.core.objective import Objective
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace
from automtl.core.surrogate import Surrogate
from automtl.core.trees import graph_of, label_trees
from automtl_plugins.searchers._worth import KAPPA, Worth

TASKS = tuple("abc")
SPACE = SearchSpace(2, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
PROBLEM = SearchProblem(SPACE, TASKS, SPACE.default())
TREES = canonical(label_trees(3, 2))
ALL = [PROBLEM.candidate(graph_of(TASKS, tree)) for tree in TREES]


def told(problem: SearchProblem = PROBLEM, loss: float = 0.0) -> Surrogate:
    surrogate = Surrogate(problem)
    for number, candidate in enumerate(ALL[:6]):
        surrogate.tell(candidate, {"a": 0.02 * number, "b": 0.01, "c": -loss * number})
    return surrogate


def worth(
    surrogate: Surrogate,
    problem: SearchProblem = PROBLEM,
    pending: list[Candidate] | None = None,
    **weights: float,
) -> Worth:
    costs = CostModel()
    for candidate in ALL[:6]:
        nodes = sum(map(len, candidate.graph.stages))
        costs.tell(candidate, {"parameters": 100.0 * nodes})
    return Worth(problem, surrogate, costs, pending or [], weights)


def test_trees_and_candidates_are_weighed_alike() -> None:
    for weights in ({}, {"parameters": 0.5}):
        one = worth(told(), **weights)
        assert one.of_trees(TREES) == approx(one.of(ALL))


def test_the_bonus_is_what_a_training_may_move() -> None:
    surrogate = told()
    mean, std = surrogate.predict(ALL)
    unknown = np.square(std).sum(axis=1) / 9
    noise = surrogate.posterior().noise.sum() / 9
    expected = mean.mean(axis=1) + KAPPA * unknown / np.sqrt(unknown + noise)
    assert worth(surrogate).of(ALL) == approx(expected)


def test_what_is_in_training_promises_less() -> None:
    surrogate = told()
    free, busy = worth(surrogate).of(ALL[6:7]), worth(surrogate, pending=ALL[6:7]).of(ALL[6:7])
    assert busy < free


def test_a_weight_of_one_counts_costs_alone() -> None:
    found = worth(told(), parameters=1.0).of(ALL)
    shared = PROBLEM.candidate(TaskGraph.all_shared(TASKS, 2))
    assert ALL[int(found.argmax())] == shared
    apart = PROBLEM.candidate(TaskGraph.single_task(TASKS, 2))
    assert ALL[int(found.argmin())] == apart


def test_losses_beyond_the_limit_count_against_a_candidate() -> None:
    surrogate = told(loss=0.05)
    limited = replace(PROBLEM, objective=Objective(max_loss_per_task=0.02))
    without, within = worth(surrogate).of(ALL), worth(surrogate, limited).of(ALL)
    lost = surrogate.predict(ALL)[0] < -0.02
    assert (within[lost.any(axis=1)] < without[lost.any(axis=1)]).all()
    assert within[~lost.any(axis=1)] == approx(without[~lost.any(axis=1)])
