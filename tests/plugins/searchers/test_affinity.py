import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import fmean
from typing import TypeAlias

import numpy as np
from pytest import approx, mark

from automtl.core.affinity import Affinity, freeze
from automtl.core.candidate import Candidate
from automtl.core.costs import blocks
from automtl.core.graph import TaskGraph
from automtl.core.grouping import group_by_affinity
from automtl.core.objective import Objective
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.space import SearchSpace, Uniform
from automtl.core.task import Floats
from automtl.core.trees import count_trees, enumerate_trees
from automtl.testing import assert_searcher_contract
from automtl_plugins.searchers._leading import ENUMERATE
from automtl_plugins.searchers.affinity import SEEDS, AffinitySearcher
from automtl_plugins.searchers.random import RandomSearcher

TASKS = tuple("abcd")
STAGES = 2
Truth: TypeAlias = Callable[[TaskGraph], dict[str, float]]
RATE = {"learning_rate": Uniform(1e-4, 1e-2, log=True)}


class Unaided(AffinitySearcher):
    """Without its prior and its shrinkage, as in an ablation."""

    prior, shrinkage = False, False


def space(*primitives: str, stages: int = STAGES, rich: bool = False) -> SearchSpace:
    return SearchSpace(
        stages,
        {name: {} for name in ("hard", *primitives)},
        {"mlp": {}},
        {"sum": {}, "uncertainty": {}} if rich else {"sum": {}},
        {"constant": {}},
        RATE if rich else {},
        cascades=rich,
    )


def problem(
    searched: SearchSpace | None = None,
    tasks: tuple[str, ...] = TASKS,
    measured: Affinity | None = None,
    objective: Objective | None = None,
) -> SearchProblem:
    used = searched or space()
    return SearchProblem(used, tasks, used.default(), measured, objective=objective or Objective())


def help_of(seed: int) -> Floats:
    """What each helper adds to each receiver at each stage, ``[stages, tasks, tasks]``."""
    drawn = np.random.default_rng(seed).normal(size=(STAGES, len(TASKS), len(TASKS)))
    return np.asarray(0.05 * drawn * (1 - np.eye(len(TASKS))))


def gains(graph: TaskGraph, helps: Floats) -> dict[str, float]:
    """The helpers' sum, squashed, so that no sum over pairs explains it all."""
    tasks = sorted(graph.tasks)
    found = np.zeros(len(tasks))
    for stage, nodes in enumerate(graph.stages):
        for node in nodes:
            members = [tasks.index(task) for task in node.tasks]
            found[members] += helps[stage][np.ix_(members, members)].sum(axis=1)
    return dict(zip(tasks, (0.2 * np.tanh(found / 0.2)).tolist(), strict=True))


def affinity(mean: Floats) -> Affinity:
    frozen = freeze(mean.tolist())
    return Affinity(TASKS, frozen, frozen, "made up")


def anchors(searcher: Searcher) -> list[Candidate]:
    tasks, stages = searcher.problem.tasks, searcher.problem.space.stages
    graphs = (TaskGraph.single_task(tasks, stages), TaskGraph.all_shared(tasks, stages))
    return [searcher.problem.candidate(graph) for graph in graphs]


def search(searcher: Searcher, n: int, helps: Floats, seed: int = 0) -> list[Candidate]:
    """``n`` proposals, told one by one, behind the anchors."""
    rng, found = Random(seed), []
    for anchor in anchors(searcher):
        searcher.tell(anchor, gains(anchor.graph, helps))
    for _ in range(n):
        found.append(searcher.ask(rng))
        searcher.tell(found[-1], gains(found[-1].graph, helps))
    return found


def in_between() -> Floats:
    """Where all sharing helps at the first stage, and hurts at the second."""
    apart = 1 - np.eye(len(TASKS))
    return np.stack([0.05 * apart, -0.05 * apart])


@mark.parametrize("searcher", [AffinitySearcher, Unaided])
def test_contract(searcher: type[Searcher]) -> None:
    assert_searcher_contract(searcher)


def test_finds_the_best_tree_more_often_than_random_search() -> None:
    hits: Counter[str] = Counter()
    for seed in range(6):
        helps = help_of(seed)
        best = max(enumerate_trees(TASKS, STAGES), key=lambda g: sum(gains(g, helps).values()))
        for kind in (AffinitySearcher, RandomSearcher):
            found = search(kind(problem()), 12, helps, seed)
            hits[kind.name] += best in {candidate.graph for candidate in found}
    assert hits["affinity"] >= hits["random"] + 2
    assert hits["affinity"] >= 4


@mark.parametrize("sign", [1.0, -1.0])
def test_each_anchor_can_be_the_best(sign: float) -> None:
    searcher = AffinitySearcher(problem())
    helps = np.broadcast_to(sign * 0.05 * (1 - np.eye(len(TASKS))), (STAGES, 4, 4))
    search(searcher, 6, np.asarray(helps))
    single, shared = anchors(searcher)
    assert searcher.best(1) == [shared if sign > 0 else single]


def test_begins_with_the_cut_of_the_measured_affinity() -> None:
    helps = help_of(0)
    cut = group_by_affinity(affinity(helps), STAGES, 0.0)
    assert search(AffinitySearcher(problem(measured=affinity(helps))), 1, helps)[0].graph == cut
    assert search(Unaided(problem(measured=affinity(helps))), 1, helps)[0].graph != cut


def test_the_best_are_distinct_and_begin_with_the_highest_mean() -> None:
    searcher = AffinitySearcher(problem())
    asked = search(searcher, 10, help_of(1))
    found = searcher.best(5)
    assert len(set(found)) == len(found) == 5
    assert set(found) <= {*asked, *anchors(searcher)}
    told = [*asked, *anchors(searcher)]
    assert searcher.predict_mean(found[:1]) == approx(searcher.predict_mean(told).max())
    assert searcher.best(2) == found[:2]


def test_predicts_every_task_of_every_candidate() -> None:
    searcher = AffinitySearcher(problem())
    asked = search(searcher, 4, help_of(1))
    found = searcher.predict(asked)
    assert {task: len(values) for task, values in found.items()} == dict.fromkeys(TASKS, 4)
    mean = np.mean(list(found.values()), axis=0)
    assert searcher.predict_mean(asked) == approx(mean)


def test_its_posterior_is_an_affinity_of_the_tasks() -> None:
    searcher = AffinitySearcher(problem())
    search(searcher, 4, in_between())
    found = np.array(searcher.posterior().mean)
    assert found[0].sum() > 0 > found[1].sum()


@mark.parametrize("told", [False, True])
@mark.parametrize("kind", [AffinitySearcher, Unaided])
def test_never_proposes_what_is_pending(kind: type[AffinitySearcher], *, told: bool) -> None:
    searcher, rng = kind(problem(measured=affinity(help_of(0)))), Random(0)
    search(searcher, 5 if told else 0, help_of(0))
    pending: list[Candidate] = []
    for _ in range(12):
        pending.append(searcher.ask(rng, pending))
    assert len(set(pending)) == 12


def test_asked_before_anything_is_told_it_proposes_something_new() -> None:
    searcher, rng = AffinitySearcher(problem()), Random(0)
    pending: list[Candidate] = []
    for _ in range(12):
        pending.append(searcher.ask(rng, pending))
    assert len(set(pending)) == 12


def test_what_failed_is_never_proposed_again() -> None:
    searcher, rng = AffinitySearcher(problem()), Random(0)
    search(searcher, 3, help_of(0))
    failed = []
    for gain in [None, float("nan")] * 6:
        failed.append(searcher.ask(rng))
        searcher.tell(failed[-1], None if gain is None else dict.fromkeys(TASKS, gain))
    assert len(set(failed)) == len(failed)
    assert not set(failed) & set(searcher.best(100))


def test_no_candidate_is_trained_too_often() -> None:
    searcher = AffinitySearcher(problem(space(stages=1), ("a", "b", "c")))
    rng, told = Random(0), Counter(anchors(searcher))
    for anchor in anchors(searcher):
        searcher.tell(anchor, dict.fromkeys("abc", 0.0))
    for _ in range(SEEDS * count_trees(3, 1) - 2):
        candidate = searcher.ask(rng)
        told[candidate] += 1
        searcher.tell(candidate, {task: rng.gauss(0.0, 0.1) for task in "abc"})
    assert set(told.values()) == {SEEDS}
    assert searcher.ask(rng) in told  # and it goes on, with nothing better to do


def test_two_tasks_at_one_stage_leave_nothing_but_repeats() -> None:
    searcher, rng = AffinitySearcher(problem(space(stages=1), ("a", "b"))), Random(0)
    both = anchors(searcher)
    for anchor in both:
        searcher.tell(anchor, {"a": 0.0, "b": 0.0})
    for _ in range(2 * SEEDS - 2):
        candidate = searcher.ask(rng)
        assert candidate in both
        searcher.tell(candidate, {"a": rng.gauss(0.0, 0.1), "b": 0.0})
    assert Counter(searcher.trained) == dict.fromkeys(both, SEEDS)


@mark.parametrize("rich", [True, False])
def test_one_task_is_searched_too(*, rich: bool) -> None:
    searcher, rng = AffinitySearcher(problem(space(rich=rich), ("a",))), Random(0)
    asked = []
    for n in range(6):
        asked.append(searcher.ask(rng))
        searcher.tell(asked[-1], {"a": 0.01 * n})
    assert {candidate.graph for candidate in asked} == {TaskGraph.all_shared("a", STAGES)}
    assert (len(set(asked)) > 1) == rich


@mark.parametrize("told", [False, True])
def test_varies_primitives_balancers_cascades_and_settings(*, told: bool) -> None:
    searcher, rng = AffinitySearcher(problem(space("mmoe", "soft_l2", rich=True))), Random(0)
    search(searcher, 3, help_of(2))
    pending: list[Candidate] = []
    for _ in range(15):
        pending.append(searcher.ask(rng, pending))
        if told:
            searcher.tell(pending[-1], gains(pending[-1].graph, help_of(2)))
    assert {"mmoe", "soft_l2"} <= set().union(*(c.graph.primitives for c in pending))
    assert any(candidate.graph.cascades for candidate in pending)
    assert {c.hyperparameters["balancer"] for c in pending} == {"sum", "uncertainty"}
    assert len({c.hyperparameters["learning_rate"] for c in pending}) > 3


def test_settings_that_help_are_found() -> None:
    """With the best graph given, what is left is a learning rate at the end of its range."""
    searcher, rng = AffinitySearcher(problem(space(rich=True), ("a",))), Random(0)
    rates = []
    for _ in range(15):
        candidate = searcher.ask(rng)
        rates.append(float(candidate.hyperparameters["learning_rate"]))
        searcher.tell(candidate, {"a": 0.1 * float(np.log10(rates[-1])) + 0.3})
    assert fmean(rates[-5:]) > 2 * fmean(rates[:5])


def test_what_exceeds_a_limit_is_not_among_the_best() -> None:
    limits = Objective(max_parameters=100, max_latency_ms=2.0)
    searcher = AffinitySearcher(problem(objective=limits))
    trees = [searcher.problem.candidate(graph) for graph in enumerate_trees(TASKS, STAGES)]
    costs: list[dict[str, float]] = [
        {"parameters": 99, "latency_ms": 1.0},
        {"parameters": 101},
        {"latency_ms": 3.0},
        {},
    ]
    for candidate, cost in zip(trees[:4], costs, strict=True):
        searcher.tell(candidate, dict.fromkeys(TASKS, 0.1), cost)
    assert set(searcher.best(4)) == {trees[0], trees[3]}


def test_where_all_exceed_a_limit_there_is_a_best_still() -> None:
    searcher = AffinitySearcher(problem(objective=Objective(max_parameters=1)))
    for anchor in anchors(searcher):
        searcher.tell(anchor, dict.fromkeys(TASKS, 0.1), {"parameters": 2})
    assert len(searcher.best(2)) == 2


def test_a_limit_on_losses_keeps_a_task_out() -> None:
    """Sharing hurts one task, by less than that one helps the others."""
    helps = np.broadcast_to(0.03 * (1 - np.eye(4)), (STAGES, 4, 4)).copy()
    helps[:, 0] *= -0.7
    shares = {}
    for limit in (None, 0.0):
        objective = Objective(max_loss_per_task=limit)
        searcher = AffinitySearcher(problem(objective=objective))
        asked = search(searcher, 14, helps)[4:]
        shares[limit] = sum(len(candidate.graph.path("a")[0].tasks) > 1 for candidate in asked)
    assert shares[0.0] < shares[None]


def test_what_gain_is_traded_against_is_weighed_anew_each_time() -> None:
    asked = {}
    for against in ((), ("parameters",)):
        searcher = AffinitySearcher(problem(objective=Objective(against=against)))
        rng, helps = Random(0), -in_between()[:1].repeat(2, axis=0)  # all sharing hurts
        for candidate in [*anchors(searcher), *(searcher.ask(rng) for _ in range(3))]:
            size = float(blocks(candidate.graph).sum())
            searcher.tell(candidate, gains(candidate.graph, helps), {"parameters": size})
        asked[against] = [searcher.ask(Random(seed)).graph for seed in range(12)]
    sizes = {key: fmean(blocks(graph).sum() for graph in found) for key, found in asked.items()}
    assert len(set(asked["parameters",])) > len(set(asked[()]))
    assert sizes["parameters",] < sizes[()]


def crowding(graph: TaskGraph) -> dict[str, float]:
    """Sharing with three others or fewer is a gain, with more a loss."""
    sizes = {task: len(graph.path(task)[0].tasks) for task in graph.tasks}
    return {task: 0.03 * (size - 1) * (7 - size) / 9 for task, size in sizes.items()}


def test_a_beam_searches_where_there_are_too_many_trees() -> None:
    tasks = tuple(f"task {n:02}" for n in range(9))
    assert count_trees(9, 3) > ENUMERATE
    searcher, rng = AffinitySearcher(problem(space(stages=3), tasks)), Random(0)
    for anchor in anchors(searcher):
        searcher.tell(anchor, crowding(anchor.graph))
    asked: list[Candidate] = []
    for _ in range(6):
        asked.append(searcher.ask(rng, asked[-1:]))
        searcher.tell(asked[-1], crowding(asked[-1].graph))
    assert all(candidate.graph.is_tree for candidate in asked)
    found = [fmean(crowding(candidate.graph).values()) for candidate in asked]
    assert fmean(found[-3:]) > fmean(found[:3])


@mark.parametrize("truth", [crowding, None])
def test_repeats_are_rare_where_there_is_no_noise(truth: Truth | None) -> None:
    """Two of twelve proposals at most, on average over some searches."""
    tasks, stages, seeds = tuple(f"task {n:02}" for n in range(9)), 3, range(4)
    known = 0
    for seed in seeds:
        drawn = np.random.default_rng(seed).normal(size=(stages, 9, 9))
        gain = truth or partial(gains, helps=0.02 * drawn * (1 - np.eye(9)))
        searcher, rng = AffinitySearcher(problem(space(stages=stages), tasks)), Random(seed)
        for anchor in anchors(searcher):
            searcher.tell(anchor, gain(anchor.graph))
        for _ in range(12):
            candidate = searcher.ask(rng)
            known += searcher.trained[candidate] > 0
            searcher.tell(candidate, gain(candidate.graph))
    assert known <= 2 * len(seeds)


def test_a_single_task_candidate_out_of_tune_teaches_nothing() -> None:
    """Nothing else is trained with settings that tuning has found to be worse for single tasks."""
    alone = {task: {"learning_rate": 1e-3} for task in TASKS}
    used = space(rich=True)
    both = []
    for given in (True, False):
        searched = SearchProblem(used, TASKS, used.default(), alone=alone)
        searcher = AffinitySearcher(searched)
        search(searcher, 4, help_of(0))
        if given:
            apart = TaskGraph.single_task(TASKS, STAGES)
            worse = searched.candidate(apart, {**used.default(), "learning_rate": 1e-2})
            assert worse not in searcher.trained
            searcher.tell(worse, dict.fromkeys(TASKS, -0.5))
            assert worse not in searcher.trained
        both.append(searcher.predict_mean(anchors(searcher)))
    np.testing.assert_array_equal(both[0], both[1])


def test_the_ranking_follows_what_is_told() -> None:
    """It is kept until something else is told."""
    searcher = AffinitySearcher(problem())
    asked = search(searcher, 6, help_of(1))
    first = searcher.best(3)
    assert searcher.best(3) == first
    loser = next(candidate for candidate in asked if candidate not in first)
    for _ in range(SEEDS):
        searcher.tell(loser, dict.fromkeys(TASKS, 0.9))
    assert searcher.best(1) == [loser]


def test_restored_it_asks_the_same() -> None:
    whole = AffinitySearcher(problem(space("mmoe", rich=True), measured=affinity(help_of(0))))
    pending = search(whole, 7, help_of(1))[-1:]
    again = AffinitySearcher(whole.problem)
    again.restore(json.loads(json.dumps(whole.to_json())))
    assert again.ask(Random(5), pending) == whole.ask(Random(5), pending)
    assert again.best(4) == whole.best(4)
