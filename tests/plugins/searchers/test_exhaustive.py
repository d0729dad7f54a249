from random import Random

from pytest import mark, raises

from automtl.core.candidate import Candidate
from automtl.core.searcher import SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.core.trees import count_trees, enumerate_trees
from automtl.errors import SpaceError
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.exhaustive import LIMIT, Exhaustive

TUNED = {"block": "mlp", "balancer": "sum", "schedule": "constant", "learning_rate": 0.003}


def problem(n_tasks: int, stages: int) -> SearchProblem:
    rate = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
    plugins = ({"hard": {}, "mmoe": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    tasks = tuple(f"t{i:03}" for i in range(n_tasks))
    return SearchProblem(SearchSpace(stages, *plugins, rate), tasks, TUNED)


def asked(n_tasks: int, stages: int, n: int, seed: int = 0) -> list[Candidate]:
    searcher, rng = Exhaustive(problem(n_tasks, stages)), Random(seed)
    found = []
    for _ in range(n):
        found.append(searcher.ask(rng))
        searcher.tell(found[-1], dict.fromkeys(searcher.problem.tasks, 0.0))
    return found


def test_contract() -> None:
    assert_searcher_contract(Exhaustive)


@mark.parametrize(("n_tasks", "stages"), [(1, 1), (2, 3), (3, 2), (4, 2)])
def test_every_tree_comes_once_with_tuned_settings(n_tasks: int, stages: int) -> None:
    found = asked(n_tasks, stages, count_trees(n_tasks, stages))
    assert {c.graph for c in found} == set(enumerate_trees(found[0].graph.tasks, stages))
    assert all(candidate.hyperparameters == TUNED for candidate in found)


def test_the_order_is_random() -> None:
    first = {asked(3, 2, 1, seed)[0].graph for seed in range(60)}
    assert len(first) > count_trees(3, 2) / 2


def test_what_was_told_before_does_not_come() -> None:
    searcher = Exhaustive(problem(3, 1))
    trees = list(enumerate_trees(searcher.problem.tasks, 1))
    for tree in trees[1:]:
        searcher.tell(searcher.problem.candidate(tree), None)
    assert {searcher.ask(Random(seed)).graph for seed in range(5)} == {trees[0]}


def test_after_all_trees_other_settings_come() -> None:
    n_trees = count_trees(2, 2)
    found = asked(2, 2, 3 * n_trees)
    assert len(set(found)) == len(found)
    assert all(candidate.hyperparameters != TUNED for candidate in found[n_trees:])


def test_too_many_trees_are_refused_with_their_number() -> None:
    assert count_trees(9, 1) <= LIMIT < count_trees(7, 3)
    Exhaustive(problem(9, 1))
    with raises(SpaceError, match=f"at most 100,000, but 7 tasks .* {count_trees(7, 3):,}"):
        Exhaustive(problem(7, 3))
