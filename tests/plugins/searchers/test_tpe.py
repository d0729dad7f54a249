from random import Random
from statistics import fmean

from pytest import importorskip

from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers.random import RandomSearcher
from automtl_plugins.searchers.tpe import TPE

importorskip("optuna", reason="Optuna is an extra: pip install 'automtl[optuna]'")
TASKS = tuple("abcdef")
RATE = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}
SPACE = SearchSpace(2, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}}, RATE)


def mean_gain(graph: TaskGraph) -> float:
    """Two halves of the tasks help each other, and hurt the other half, at each stage."""
    halves = ({"a", "b", "c"}, {"d", "e", "f"})
    return fmean(
        0.3 if any({i, j} <= half for half in halves) else -0.2
        for nodes in graph.stages
        for node in nodes
        for i in node.tasks
        for j in node.tasks
        if i != j or len(node.tasks) == 1
    )


def mean_best(kind: type[Searcher], n: int) -> float:
    """The best of ``n`` proposals, averaged over four searches."""
    best = []
    for seed in range(4):
        searcher, rng = kind(SearchProblem(SPACE, TASKS, SPACE.default())), Random(seed)
        for _ in range(n):
            candidate = searcher.ask(rng)
            searcher.tell(candidate, dict.fromkeys(TASKS, mean_gain(candidate.graph)))
        best.append(max(fmean(t.gains.values()) for t in searcher.history if t.gains))
    return fmean(best)


def test_contract() -> None:
    assert_searcher_contract(TPE)


def test_beats_random_search_on_average() -> None:
    assert mean_best(TPE, 35) > mean_best(RandomSearcher, 35)
