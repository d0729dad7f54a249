"""What the searchers by Optuna have in common."""

import sys
from collections.abc import Mapping
from random import Random

from pytest import MonkeyPatch, approx, importorskip, mark, raises

from automtl.core.candidate import Candidate, Scalar
from automtl.core.graph import Node, TaskGraph
from automtl.core.objective import Objective
from automtl.core.searcher import SearchProblem
from automtl.core.space import Choice, SearchSpace, Uniform
from automtl.core.trees import enumerate_trees
from automtl.errors import PluginError
from automtl.plugins import load_plugins
from automtl_plugins.searchers._optuna import N_STARTUP, OptunaSearcher
from automtl_plugins.searchers.nsga2 import NSGA2
from automtl_plugins.searchers.tpe import TPE

importorskip("optuna", reason="Optuna is an extra: pip install 'automtl[optuna]'")
BOTH = mark.parametrize("kind", [TPE, NSGA2])
TASKS = tuple("abcd")
SPACE = SearchSpace(
    stages=2,
    primitives={"hard": {}, "soft_l2": {"strength": Uniform(1e-4, 1e-1, log=True)}},
    blocks={"mlp": {"width": Choice((32, 64))}, "tabm": {"members": Uniform(2, 8, integer=True)}},
    balancers={"sum": {}, "random": {}},
    schedules={"constant": {}},
    training={"learning_rate": Uniform(1e-4, 1e-2, log=True)},
)


def problem(*against: str, tasks: tuple[str, ...] = TASKS) -> SearchProblem:
    return SearchProblem(SPACE, tasks, SPACE.default(), objective=Objective(against))


def gains(graph: TaskGraph) -> dict[str, float]:
    """The more a task shares the better."""
    return {task: 0.1 * sum(len(n.tasks) - 1 for n in graph.path(task)) for task in graph.tasks}


def started(searcher: OptunaSearcher, rng: Random, n: int = N_STARTUP) -> OptunaSearcher:
    for _ in range(n):
        candidate = searcher.ask(rng)
        searcher.tell(candidate, gains(candidate.graph), {"parameters": 9, "flops": 9})
    return searcher


def again(searcher: OptunaSearcher, candidate: Candidate) -> Candidate:
    """A candidate, written as parameters and read back."""
    searcher._study.enqueue_trial(searcher._encoded(candidate))
    return searcher._decoded(searcher._study.ask())


@BOTH
def test_every_tree_and_all_settings_can_be_written_as_parameters(
    kind: type[OptunaSearcher],
) -> None:
    searcher, rng = kind(problem()), Random(0)
    for tree in [*enumerate_trees(TASKS, 2)][::5]:
        names = {node: rng.choice(("hard", "soft_l2")) for nodes in tree.stages for node in nodes}
        stages = (tuple(Node(n.tasks, names[n]) for n in nodes) for nodes in tree.stages)
        candidate = searcher.problem.candidate(TaskGraph(tuple(stages)), SPACE.sample(rng))
        assert again(searcher, candidate) == candidate


def test_what_parameters_cannot_say_becomes_the_nearest() -> None:
    meeting = TaskGraph.from_groups([["ab", "cd"], ["ac", "bd"]])  # branches that meet again
    settings: Mapping[str, Scalar] = {"block.width": 48, "learning_rate": 1.0}
    found = again(TPE(problem()), Candidate(meeting, {**SPACE.default(), **settings}))
    assert found.graph == TaskGraph.from_groups([["ab", "cd"], "abcd"])
    assert found.hyperparameters["block.width"] == 32
    assert found.hyperparameters["learning_rate"] == 0.01


@BOTH
def test_the_first_proposals_are_random_trees_with_tuned_settings(
    kind: type[OptunaSearcher],
) -> None:
    searcher, rng = kind(problem()), Random(0)
    first = [searcher.ask(rng) for _ in range(N_STARTUP)]
    assert all(c.hyperparameters == c.hyperparameters | _hard_defaults() for c in first)
    assert len(set(first)) == N_STARTUP


def _hard_defaults() -> dict[str, Scalar]:
    return {k: v for k, v in SPACE.default().items() if not k.startswith("primitive.")}


@BOTH
@mark.parametrize("against", [(), ("parameters",), ("parameters", "flops")])
def test_proposals_are_new_and_follow_from_what_was_told(
    kind: type[OptunaSearcher], against: tuple[str, ...]
) -> None:
    searcher = started(kind(problem(*against)), Random(0), N_STARTUP + 5)
    told = {telling.candidate for telling in searcher.history}
    resumed = kind(problem(*against))
    resumed.restore(searcher.to_json())
    first, second = Random(1), Random(1)
    asked = [searcher.ask(first) for _ in range(5)]
    assert [resumed.ask(second) for _ in range(5)] == asked
    assert len(set(asked) | told) == len(told) + 5


@BOTH
def test_what_failed_teaches_nothing(kind: type[OptunaSearcher]) -> None:
    failed, unknown = kind(problem()), kind(problem("latency_ms"))
    for searcher in (failed, unknown):
        for tree in [*enumerate_trees(TASKS, 2)][: 2 * N_STARTUP]:
            nan = {**gains(tree), "a": float("nan")}
            told = [None, nan] if searcher is failed else [gains(tree)]
            for found in told:
                searcher.tell(searcher.problem.candidate(tree), found)
        assert not searcher._study.trials


@BOTH
def test_proposals_come_to_share_where_sharing_helps(kind: type[OptunaSearcher]) -> None:
    searcher, rng = kind(problem()), Random(0)
    started(searcher, rng, 60)
    means = [sum(telling.gains.values()) for telling in searcher.history if telling.gains]
    assert sum(means[-15:]) > sum(means[:15])


@BOTH
def test_costs_are_minimised_where_the_objective_names_them(kind: type[OptunaSearcher]) -> None:
    """Gain is the same for all, so that the cheap ones are the front."""
    wide = problem("parameters", tasks=tuple("abcdef"))
    searcher, rng, sizes = kind(wide), Random(0), []
    for _ in range(50):
        candidate = searcher.ask(rng)
        sizes.append(sum(map(len, candidate.graph.stages)))
        searcher.tell(candidate, dict.fromkeys(wide.tasks, 0.0), {"parameters": sizes[-1]})
    assert sum(sizes[-20:]) / 20 < sum(sizes[:N_STARTUP]) / N_STARTUP


@BOTH
@mark.parametrize("tasks", ["a", "ab"])
def test_the_smallest_problems_work(kind: type[OptunaSearcher], tasks: str) -> None:
    searcher = started(kind(problem(tasks=tuple(tasks))), Random(0), 20)
    assert len(searcher.history) == 20


@BOTH
def test_without_optuna_the_message_says_how_to_get_it(
    kind: type[OptunaSearcher], monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with raises(PluginError, match=r"pip install 'automtl\[optuna\]'"):
        kind(problem())
    assert load_plugins().searchers[kind.name] is kind


def test_numbers_have_three_digits() -> None:
    searcher = started(TPE(problem()), Random(0))
    for seed in range(5):
        rate = float(searcher.ask(Random(seed)).hyperparameters["learning_rate"])
        assert rate == approx(float(f"{rate:.3g}"), rel=1e-12)
