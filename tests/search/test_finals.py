"""The finals: paired seeds, the right finalists, and no task left behind."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import Any

from pytest import FixtureRequest, fixture, mark

from automtl.core.candidate import Candidate
from automtl.core.objective import Objective
from automtl.core.seed import derive_seed
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.plugins import Plugins
from automtl.search.budget import Budget
from automtl.search.director import Answer, Director
from automtl.search.guard import harmed
from automtl.search.standing import Standing

Direct = Callable[..., Director]


@fixture(params=["evolution", "random"])
def direct(request: FixtureRequest, plugins: Plugins, sim: Any) -> Direct:
    """Makes a director with this searcher."""
    return partial(sim.direct, searcher=plugins.searchers[request.param])


def _of(phase: Phase, trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.phase is phase]


def _anchors(director: Director) -> set[Candidate]:
    standing = director.standing
    assert standing.single is not None
    assert standing.shared is not None
    return {standing.single.candidate, standing.shared.candidate}


@mark.parametrize("trials", [12, 24, 40])
def test_every_finalist_has_the_planned_seeds_and_so_have_the_anchors(
    direct: Direct, sim: Any, trials: int
) -> None:
    budget = Budget(trials, None, 3)
    director = direct(budget)
    ended = sim.walk(director)
    finalists, n_seeds = budget.finals
    seeds = Counter(trial.candidate for trial in ended)
    several = {candidate: n for candidate, n in seeds.items() if n > 1}
    assert set(several.values()) == {n_seeds}
    assert len(several) >= finalists + 2
    assert several.keys() >= _anchors(director)
    for entry in director.standing.ranking[:1]:
        assert [trial.seed for trial in entry.trials] == [*range(sim.seed, sim.seed + n_seeds)]


def test_the_finalists_are_the_best_that_was_known_before(direct: Direct, sim: Any) -> None:
    director = direct(Budget(40, None, 3))
    ended = sim.walk(director)
    begin = next(n for n, trial in enumerate(ended) if trial.phase is Phase.FINALISTS)
    standing = Standing(ended[:begin], sim.constants)
    graphs = {trial.candidate for trial in _of(Phase.GRAPHS, ended)}
    best = [entry.candidate for entry in standing.ranking if entry.candidate in graphs]
    finals = {trial.candidate for trial in _of(Phase.FINALISTS, ended[: begin + 10])}
    assert finals - _anchors(director) == set(best[:3])


def test_the_searcher_says_who_is_best(sim: Any) -> None:
    class Contrary(sim.plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        def best(self, n: int) -> list[Candidate]:
            return super().best(10**6)[::-1][:n]

    director = sim.direct(Budget(24, None, 3), searcher=Contrary)
    ended = sim.walk(director)
    begin = next(n for n, trial in enumerate(ended) if trial.phase is Phase.FINALISTS)
    standing = Standing(ended[:begin], sim.constants)
    graphs = {trial.candidate for trial in _of(Phase.GRAPHS, ended[:begin])}
    worst = [entry.candidate for entry in standing.ranking if entry.candidate in graphs][-1]
    finals = {trial.candidate for trial in _of(Phase.FINALISTS, ended[: begin + 6])}
    assert finals - _anchors(director) == {worst}


def test_what_keeps_no_limit_is_no_finalist_if_something_does(sim: Any) -> None:
    def train(order: Order) -> Result:
        result = sim.train(order)
        together = len(order.candidate.graph.node(0, "a").tasks) > 1
        slow = 9.0 if together else 1.0
        return Result(Status.DONE, errors=result.errors, latency_ms=slow)

    objective = Objective(max_latency_ms=5.0)
    director = sim.direct(Budget(40, None, 3), objective=objective)
    ended = sim.walk(director, train)
    quick = [t for t in _of(Phase.GRAPHS, ended) if t.result.latency_ms < 5]
    finals = [t for t in _of(Phase.FINALISTS, ended) if t.candidate not in _anchors(director)]
    assert len(finals) >= 2
    assert sum(t.result.latency_ms > 5 for t in finals) == 0 or len(quick) < 3
    assert director.standing.ranking[0].trials[0].result.latency_ms < 5


def test_while_graphs_are_in_training_only_the_anchors_are_finalists(
    direct: Direct, sim: Any
) -> None:
    director = direct(Budget(24, None, 3))
    while True:
        order = director.ask(0.0)
        assert isinstance(order, Order)
        if len(director.trials) == 14:
            break
        director.tell(Trial(order, sim.train(order)))
    assert order.phase is Phase.GRAPHS
    early = []
    while isinstance(answer := director.ask(0.0), Order):
        early.append(answer)
    assert answer is Answer.WAIT
    assert {final.candidate.graph for final in early} == {sim.single, sim.shared}
    assert len(early) == 4


def test_a_round_of_finals_begins_with_the_zero_point_and_the_best_graph(
    direct: Direct, sim: Any
) -> None:
    director = direct(Budget(40, None, 3))
    trials = sim.walk(director)
    begin = next(n for n, trial in enumerate(trials) if trial.phase is Phase.FINALISTS)
    proposed = {trial.candidate for trial in _of(Phase.GRAPHS, trials[:begin])}
    ranking = Standing(trials[:begin], sim.constants).ranking
    best = next(entry.candidate for entry in ranking if entry.candidate in proposed)
    single = director.standing.single
    assert single is not None
    finals = trials[begin:]
    for round_begins in (finals[:2], finals[5:7]):
        assert [trial.candidate for trial in round_begins] == [single.candidate, best]


def test_no_final_is_begun_that_the_time_is_not_enough_for(direct: Direct, sim: Any) -> None:
    def train(order: Order) -> Result:
        result = sim.train(order)
        slow = 30.0 if order.candidate.graph == sim.single else 2.0
        return Result(Status.DONE, errors=result.errors, seconds=slow)

    director = direct(Budget(None, 100.0, 3))
    finals = _of(Phase.FINALISTS, sim.walk(director, train, seconds=2.0))
    begun = [trial.elapsed - 2.0 for trial in finals if trial.candidate.graph == sim.single]
    assert begun
    assert all(100.0 - moment > 30.0 for moment in begun)


def _harmful(sim: Any) -> Any:
    """Whoever is with c gains a lot, and c loses: without the guard, c would pay for the others."""

    def train(order: Order) -> Result:
        errors = {}
        for part in order.parts:
            graph = part.candidate.graph
            for task in graph.tasks:
                luck = Random(derive_seed(part.key, task)).gauss(0.0, 0.005)
                with_c = sum("c" in node.tasks and len(node.tasks) > 1 for node in graph.path(task))
                cost = 0.05 * with_c if task == "c" else -0.1 * with_c
                with_each_other = sum({"a", "b"} <= {*node.tasks} for node in graph.path(task))
                cost -= 0.03 * with_each_other if task != "c" else 0.0
                errors[task] = sim.constants[task] * (0.5 + cost + luck)
        return Result(Status.DONE, errors=errors)

    return train


@mark.parametrize("workers", [1, 3, 8])
def test_the_guard_leaves_no_task_behind(direct: Direct, sim: Any, workers: int) -> None:
    director = direct(Budget(50, None, 3))
    trials = sim.walk(director, _harmful(sim), workers, Random(0))
    guard = _of(Phase.GUARD, trials)
    assert guard
    assert len({trial.order.key for trial in trials}) == len(trials) <= 50
    entries = {entry.candidate: entry for entry in director.standing.ranking}
    for made, n in Counter(trial.candidate for trial in guard).items():
        assert len(made.graph.path("c")[0].tasks) == 1
        assert n <= len(entries[made].trials) == 3  # the searcher may have had the same idea
        assert not harmed(entries[made])
        assert entries[made].gains["c"].mean == 0.0
    winner = director.standing.ranking[0]
    assert not harmed(winner)
    # the best that harms somebody looks better, and does not win
    assert any(entry.mean.mean > winner.mean.mean and harmed(entry) for entry in entries.values())


def test_the_guard_works_with_the_seeds_of_the_finalist(sim: Any) -> None:
    trials = sim.walk(sim.direct(Budget(50, None, 3)), _harmful(sim))
    guard = _of(Phase.GUARD, trials)
    made = [trial.seed for trial in trials if trial.candidate == guard[0].candidate]
    assert made == [*range(sim.seed, sim.seed + 3)]
    last_final = max(n for n, trial in enumerate(trials[:-12]) if trial.phase is Phase.FINALISTS)
    assert trials.index(guard[0]) > last_final


@mark.parametrize("n", range(30, 50, 3))
def test_a_search_killed_in_the_finals_goes_on_as_it_would_have(sim: Any, n: int) -> None:
    whole = sim.walk(sim.direct(Budget(50, None, 3)), _harmful(sim))
    resumed = sim.direct(Budget(50, None, 3))
    for trial in whole[:n]:
        resumed.tell(trial)
    assert [t.order for t in sim.walk(resumed, _harmful(sim))] == [t.order for t in whole[n:]]


def test_where_nobody_is_harmed_the_guard_does_nothing(sim: Any) -> None:
    def train(order: Order) -> Result:
        shared = sum(
            len(node.tasks) - 1 for nodes in order.candidate.graph.stages for node in nodes
        )
        errors = {t: c * (0.5 - 0.01 * shared) for t, c in sim.constants.items()}
        return Result(Status.DONE, errors=errors)

    assert not _of(Phase.GUARD, sim.walk(sim.direct(Budget(40, None, 3)), train))


def test_the_guard_ends_whatever_its_trainings_give(sim: Any) -> None:
    """Even a task that is alone may look harmed, where a part is not the same everywhere."""

    def train(order: Order) -> Result:
        harm = 0.0 if order.candidate.graph == sim.single else 0.1
        luck = Random(order.key).gauss(0.0, 0.001)
        return Result(
            Status.DONE, errors={t: c * (0.5 + harm + luck) for t, c in sim.constants.items()}
        )

    trials = sim.walk(sim.direct(Budget(None, 100.0, 3)), train)
    assert len({trial.candidate for trial in _of(Phase.GUARD, trials)}) <= len(sim.tasks)


def test_when_the_guards_trainings_fail_the_search_ends_all_the_same(sim: Any) -> None:
    def train(order: Order) -> Result:
        failing = order.phase is Phase.GUARD
        return Result(Status.FAILED, "no") if failing else _harmful(sim)(order)

    director = sim.direct(Budget(50, None, 3))
    trials = sim.walk(director, train)
    assert 0 < len(_of(Phase.GUARD, trials)) <= 3
    assert not harmed(director.standing.ranking[0])


def test_the_guard_has_time_of_its_own(sim: Any) -> None:
    """Finalists have three seeds, and then give way."""
    trials = sim.walk(sim.direct(Budget(None, 60.0, 20)), _harmful(sim))
    guard = _of(Phase.GUARD, trials)
    assert guard
    assert guard[0].elapsed - 1.0 >= 0.9 * 60
    made = Counter(trial.candidate for trial in guard)
    assert max(made.values()) >= 3


def test_no_newcomer_wins_with_fewer_seeds_than_the_finalists(sim: Any) -> None:
    """What is left when the guard has nothing to do is not enough to prove another graph."""
    for n_trials in range(38, 46):
        director = sim.direct(Budget(n_trials, None, 3))
        sim.walk(director)
        assert len(director.standing.ranking[0].trials) == 3


@mark.parametrize("workers", [1, 3])
def test_with_one_task_the_best_settings_are_compared_on_other_folds_while_there_is_time(
    sim: Any, workers: int
) -> None:
    budget = Budget(None, 200.0, 3, bags=4, lone=True)
    director = sim.direct(budget, constants={"a": 1.0})
    ended = sim.walk(director, workers=workers)
    phases = [trial.phase for trial in ended]
    assert set(phases) == {Phase.ANCHORS, Phase.FINALISTS, Phase.BAGS}
    settings, finals = (_of(phase, ended) for phase in (Phase.ANCHORS, Phase.FINALISTS))
    assert set(phases[: len(settings)]) == {Phase.ANCHORS}
    assert 60 * workers < len(settings) < 100 * workers  # seconds of 200, a quarter for bags
    compared = {trial.candidate for trial in finals}
    assert 3 < len(compared) <= len(finals) / 3 + 1
    first = sorted(settings, key=lambda trial: trial.result.errors["a"])
    assert compared == {trial.candidate for trial in first[: len(compared)]}
    entries = director.standing.peers
    assert all(len(entry.trials) > 1 for entry in entries)
    assert {trial.order.bag for trial in entries[0].trials} == {(0, 4), (1, 4), (2, 4)}


def test_with_one_task_and_few_trials_the_finals_are_within_them(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=4, lone=True), constants={"a": 1.0})
    ended = sim.walk(director)
    compared = {trial.candidate for trial in _of(Phase.FINALISTS, ended)}
    assert len(compared) == director.budget.finals[0] + 1
    assert len(ended) - len(_of(Phase.BAGS, ended)) <= 24


def test_with_one_task_and_no_bags_tuning_has_all(sim: Any) -> None:
    ended = sim.walk(sim.direct(Budget(24, None, 3, lone=True), constants={"a": 1.0}))
    assert {trial.phase for trial in ended} == {Phase.ANCHORS}
    assert len(ended) == 24
