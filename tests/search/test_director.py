import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from random import Random
from typing import Any

from pytest import FixtureRequest, fixture, mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.space import Choice, SearchSpace
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.plugins import Plugins
from automtl.search.budget import Budget
from automtl.search.director import Answer, Director

Direct = Callable[..., Director]


@fixture(params=["evolution", "random"])
def direct(request: FixtureRequest, plugins: Plugins, sim: Any) -> Direct:
    """Makes a director with this searcher."""
    return partial(sim.direct, searcher=plugins.searchers[request.param])


def _orders(trials: Iterable[Trial]) -> list[Order]:
    return [trial.order for trial in trials]


def _of(phase: Phase, trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.phase is phase]


def _tuning(trials: Iterable[Trial]) -> list[Trial]:
    """The anchors, but for the one that is composed of what was best for each task."""
    return [trial for trial in _of(Phase.ANCHORS, trials) if not trial.candidate.alone]


def test_walks_anchors_then_graphs_then_finalists(direct: Direct, sim: Any) -> None:
    trials = sim.walk(direct(Budget(40, None, 3)))
    phases = [trial.phase for trial in trials]
    assert phases[: 11 + 16 + 10] == [
        *[Phase.ANCHORS] * (10 + 1), *[Phase.GRAPHS] * 16, *[Phase.FINALISTS] * 10,
    ]  # fmt: skip


def test_both_anchors_are_tuned_over_the_same_settings(
    direct: Direct, space: SearchSpace, sim: Any
) -> None:
    anchors = _tuning(sim.walk(direct(Budget(60, None, 3))))
    settings: dict[TaskGraph, list[object]] = {sim.single: [], sim.shared: []}
    for trial in anchors:
        settings[trial.candidate.graph].append(dict(trial.candidate.hyperparameters))
    assert settings[sim.single] == settings[sim.shared]
    assert settings[sim.single][0] == space.default()
    assert len(settings[sim.single]) == Budget(60, None, 3).anchor_trials


@mark.parametrize("trials", [2, 3, 4, 7, 12, 24, 41])
@mark.parametrize("seeds", [1, 2, 5])
def test_the_budget_is_used_up_and_no_more(
    direct: Direct, trials: int, seeds: int, sim: Any
) -> None:
    ended = sim.walk(direct(Budget(trials, None, seeds)))
    assert len(ended) == trials
    assert len({order.key for order in _orders(ended)}) == trials


def test_the_same_seed_gives_the_same_sequence(direct: Direct, sim: Any) -> None:
    first, second = (sim.walk(direct(Budget(30, None, 3))) for _ in range(2))
    assert _orders(first) == _orders(second)


def test_goes_on_from_every_point_as_if_nothing_had_happened(direct: Direct, sim: Any) -> None:
    budget = Budget(26, None, 3)
    whole = sim.walk(direct(budget))
    for cut in range(len(whole) + 1):
        director = direct(budget)
        for trial in whole[:cut]:  # as they come out of the run folder
            director.tell(Trial.from_json(json.loads(json.dumps(trial.to_json()))))
        assert _orders(sim.walk(director)) == _orders(whole[cut:])


def test_an_order_lost_at_the_cut_is_given_again(direct: Direct, sim: Any) -> None:
    budget = Budget(26, None, 3)
    whole = sim.walk(direct(budget))
    for cut in (0, 3, 9, 20):
        killed, resumed = direct(budget), direct(budget)
        for trial in whole[:cut]:
            killed.tell(trial)
            resumed.tell(trial)
        assert killed.ask(0.0) == resumed.ask(0.0) == whole[cut].order


@mark.parametrize("workers", [2, 5, 30])
@mark.parametrize("run", range(3))
def test_with_workers_nothing_is_lost_or_doubled(
    direct: Direct, workers: int, run: int, sim: Any
) -> None:
    budget = Budget(26, None, 3)
    director = direct(budget)
    ended = sim.walk(director, workers=workers, luck=Random(run))
    assert len({order.key for order in _orders(ended)}) == len(ended) == 26
    anchors = Counter(trial.candidate.graph for trial in _tuning(ended))
    assert anchors == {sim.single: 3, sim.shared: 3}
    assert director.trials == ended
    seeds = {trial.seed for trial in ended if trial.candidate == _single(director)}
    if workers < 26:
        assert seeds == {sim.seed, sim.seed + 1, sim.seed + 2}


@mark.parametrize("workers", [2, 5])
def test_with_workers_a_killed_search_is_completed(direct: Direct, workers: int, sim: Any) -> None:
    budget = Budget(26, None, 3)
    whole = sim.walk(direct(budget), workers=workers, luck=Random(1))
    for cut in range(0, 26, 3):
        director = direct(budget)
        for trial in whole[:cut]:
            director.tell(trial)
        rest = sim.walk(director, workers=workers, luck=Random(2))
        assert len({order.key for order in _orders([*whole[:cut], *rest])}) == 26


def test_no_finals_while_nobody_knows_the_anchors(direct: Direct, sim: Any) -> None:
    """The one that is composed takes longer than all the graphs."""
    director = direct(Budget(24, None, 3))
    slow: Order | None = None
    while isinstance(order := director.ask(0.0), Order):
        if order.phase is Phase.ANCHORS and order.candidate.alone:
            slow = order
        else:
            assert order.phase is not Phase.FINALISTS
            director.tell(Trial(order, sim.train(order)))
    assert order is Answer.WAIT
    assert slow is not None
    assert _of(Phase.GRAPHS, director.trials)
    director.tell(Trial(slow, sim.train(slow)))
    finals = _of(Phase.FINALISTS, sim.walk(director))
    assert len(finals) == 6
    assert Counter(trial.candidate for trial in finals)[slow.candidate] == 2


def test_nothing_begins_before_the_anchors_are_tuned(direct: Direct, sim: Any) -> None:
    director = direct(Budget(24, None, 3))
    begun = []
    while isinstance(order := director.ask(0.0), Order):
        begun.append(order)
    assert order is Answer.WAIT
    assert [order.phase for order in begun] == [Phase.ANCHORS] * 6
    for order in begun[:-1]:
        director.tell(Trial(order, sim.train(order)))
        assert director.ask(0.0) is Answer.WAIT
    director.tell(Trial(begun[-1], sim.train(begun[-1])))
    composed, graph = director.ask(0.0), director.ask(0.0)
    assert isinstance(composed, Order)
    assert isinstance(graph, Order)
    assert (composed.phase, graph.phase) == (Phase.ANCHORS, Phase.GRAPHS)
    assert composed.candidate.alone


def _single(director: Director) -> Candidate:
    assert director.standing.single is not None
    return director.standing.single.candidate


@mark.parametrize("workers", [1, 4])
@mark.parametrize("budget", [Budget(24, None, 3), Budget(None, 50.0, 3)])
def test_ends_when_every_trial_fails(
    direct: Direct, budget: Budget, workers: int, sim: Any
) -> None:
    director = direct(budget)
    ended = sim.walk(director, lambda order: Result(Status.FAILED, "no"), workers)
    assert {trial.phase for trial in ended} == {Phase.ANCHORS}
    assert director.standing.ranking == []


@mark.parametrize("workers", [1, 4])
def test_goes_on_when_every_graph_fails(direct: Direct, workers: int, sim: Any) -> None:
    def train(order: Order) -> Result:
        sound = order.candidate.graph in (sim.single, sim.shared)
        return sim.train(order) if sound else Result(Status.FAILED, "no")

    director = direct(Budget(24, None, 3))
    ended = sim.walk(director, train, workers, Random(0))
    assert len(_of(Phase.FINALISTS, ended)) >= 4  # the anchors
    assert len(ended) == 24  # what the finals leave goes to graphs
    anchors = {entry.anchor for entry in director.standing.ranking if len(entry.trials) == 3}
    assert anchors >= {"single-task", "all-shared"}


def test_goes_on_when_the_all_shared_anchors_fail(direct: Direct, sim: Any) -> None:
    def train(order: Order) -> Result:
        shared = order.candidate.graph == sim.shared
        return Result(Status.FAILED, "no") if shared else sim.train(order)

    director = direct(Budget(24, None, 3))
    assert _of(Phase.FINALISTS, sim.walk(director, train))
    assert director.standing.shared is None


def test_with_time_alone_the_phases_end_by_time(direct: Direct, sim: Any) -> None:
    budget = Budget(None, 100.0, 3)
    ended = sim.walk(direct(budget), seconds=2.0)
    begun = {phase: [t.elapsed - 2.0 for t in _of(phase, ended)] for phase in Phase}
    assert max(begun[Phase.ANCHORS]) < 25 + 2 + 2 + 1  # the last pair is completed, and composed
    anchors = Counter(trial.candidate.graph for trial in _tuning(ended))
    assert anchors[sim.single] == anchors[sim.shared]
    first = min(begun[Phase.FINALISTS])
    assert 55 <= first < 58
    assert all(moment < first or moment >= first + 20 for moment in begun[Phase.GRAPHS])
    assert len(begun[Phase.FINALISTS]) >= 10
    assert 96 < max(t.elapsed for t in ended) <= 100  # what the finals leave goes to graphs


def test_the_first_pair_of_anchors_is_trained_however_late_it_is(direct: Direct, sim: Any) -> None:
    ended = sim.walk(direct(Budget(None, 100.0, 3)), seconds=40.0)
    graphs = [trial.candidate.graph for trial in ended]
    assert graphs[:2] == [sim.shared, sim.single]
    assert [trial.phase for trial in ended[2:]] == [Phase.FINALISTS]


def test_a_trial_that_was_cut_is_done_again_by_a_larger_budget(direct: Direct, sim: Any) -> None:
    first, larger = direct(Budget(None, 20.0, 3)), direct(Budget(None, 100.0, 3))
    for number in count():
        order = first.ask(float(number))
        if not isinstance(order, Order):
            break
        cut = number >= 18  # these go on beyond the limit
        result = Result(Status.CUT, "the budget ended") if cut else sim.train(order)
        first.tell(Trial(order, result, float(number + 1)))
    assert first.ask(20.0) is Answer.FINISHED
    for trial in first.trials:
        larger.tell(trial)
    again = {order.key for order in _orders(sim.walk(larger))}
    assert first.trials[-1].result.status is Status.CUT
    assert not {trial.order.key for trial in first.trials[:-1]} & again


@mark.parametrize("phase", [Phase.ANCHORS, Phase.GRAPHS, Phase.FINALISTS])
def test_what_was_cut_is_trained_again(direct: Direct, phase: Phase, sim: Any) -> None:
    budget = Budget(24, None, 3)
    whole = sim.walk(direct(budget))
    last = max(number for number, trial in enumerate(whole[:18]) if trial.phase is phase)
    director = direct(budget)
    for trial in whole[:last]:
        director.tell(trial)
    director.tell(Trial(whole[last].order, Result(Status.CUT, "the budget ended"), 24.0))
    assert director.ask(24.0) == whole[last].order


def test_a_cut_anchor_is_tuned_after_all(direct: Direct) -> None:
    director = direct(Budget(None, 100.0, 3))
    shared = director.ask(0.0)
    assert isinstance(shared, Order)
    director.tell(Trial(shared, Result(Status.CUT, "the budget ended"), 10.0))
    assert director.ask(10.0) == shared


def test_a_larger_budget_goes_on_where_the_smaller_ended(direct: Direct, sim: Any) -> None:
    director = direct(Budget(40, None, 3))
    small = sim.walk(direct(Budget(24, None, 3)))
    for trial in small:
        director.tell(trial)
    rest = sim.walk(director)
    n_keys = len({order.key for order in _orders([*small, *rest])})
    assert len(small) + len(rest) == n_keys
    assert 40 - 4 <= n_keys <= 40  # a finalist of before may be one again
    anchors = Counter(trial.candidate.graph for trial in _tuning([*small, *rest]))
    assert anchors == {sim.single: 5, sim.shared: 5}
    best = director.standing.ranking[0]
    assert len(best.trials) == 3


def _narrow(**training: Choice) -> SearchSpace:
    """A space with few candidates, or with one for each graph."""
    return SearchSpace(
        stages=1,
        primitives={"hard": {}},
        blocks={"linear": {}},
        balancers={"sum": {}},
        schedules={"constant": {}},
        training={"learning_rate": Choice((0.1,)), **training},
    )


@mark.parametrize("workers", [1, 4])
def test_one_task_alone_is_searched_too(
    direct: Direct, space: SearchSpace, workers: int, sim: Any
) -> None:
    director = direct(Budget(24, None, 3), {"a": 1.0}, affinity=lambda trial: None)
    ended = sim.walk(director, workers=workers)
    assert len(ended) == len({order.key for order in _orders(ended)}) <= 24
    assert {trial.phase for trial in ended} == {*Phase} - {Phase.GUARD, Phase.BAGS}
    assert len(director.standing.ranking[0].trials) == 3


@mark.parametrize(("budget", "workers"), [(Budget(24, None, 3), 4), (Budget(None, 1000.0, 3), 1)])
@mark.parametrize("constants", [{"a": 1.0}, {"a": 1.0, "b": 1.0}])
def test_an_exhausted_space_ends_the_search(
    direct: Direct, budget: Budget, workers: int, constants: Mapping[str, float], sim: Any
) -> None:
    director = direct(budget, constants, space=_narrow(), affinity=lambda trial: None)
    ended = sim.walk(director, workers=workers)
    assert len(_of(Phase.ANCHORS, ended)) == len(constants)
    assert not _of(Phase.GRAPHS, ended)
    assert Counter(trial.candidate for trial in ended).most_common()[-1][1] == 3
