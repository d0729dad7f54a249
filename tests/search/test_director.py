import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from random import Random

from pytest import fixture, mark

from automtl.core.affinity import Affinity
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.seed import derive_seed
from automtl.core.space import Choice, SearchSpace
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.plugins import Plugins
from automtl.search.budget import Budget
from automtl.search.director import Answer, Director
from automtl.search.standing import Standing

TASKS = ("a", "b", "c")
CONSTANTS = {"a": 1.0, "b": 20.0, "c": 0.5}
SEED = 7
SINGLE, SHARED = TaskGraph.single_task(TASKS, 2), TaskGraph.all_shared(TASKS, 2)

Train = Callable[[Order], Result]
Direct = Callable[..., Director]


def _train(order: Order) -> Result:
    """Tasks a and b do well together, c does not; a little luck of candidate and seed."""
    errors = {}
    for task in order.candidate.graph.tasks:
        path = order.candidate.graph.path(task)
        friends = sum(len({"a", "b"} & set(node.tasks)) == 2 and task != "c" for node in path)
        foes = sum("c" in node.tasks and len(node.tasks) > 1 for node in path)
        luck = Random(derive_seed(order.key, task)).gauss(0.0, 0.02)
        errors[task] = CONSTANTS[task] * (0.5 - 0.05 * friends + 0.08 * foes + luck)
    return Result(Status.DONE, errors=errors)


def _measure(trial: Trial) -> Affinity:
    """An affinity whose name tells where it was measured."""
    row = tuple(tuple(float((i + j) % 3 - 1) for j in range(3)) for i in range(3))
    return Affinity(TASKS, (row, row), (row, row), trial.order.key)


@fixture(params=["evolution", "random"])
def direct(request: object, plugins: Plugins, space: SearchSpace) -> Direct:
    """Makes a director of the small space."""
    searcher = plugins.searchers[request.param]  # type: ignore[attr-defined]

    def make(
        budget: Budget, constants: Mapping[str, float] = CONSTANTS, **more: object
    ) -> Director:
        arguments = {"space": space, "searcher": searcher, "affinity": _measure, **more}
        return Director(constants=constants, budget=budget, seed=SEED, **arguments)  # type: ignore[arg-type]

    return make


def _walk(
    director: Director,
    train: Train = _train,
    workers: int = 1,
    luck: Random | None = None,
    seconds: float = 1.0,
) -> list[Trial]:
    """Carries out what the director orders, in random order of ending if there are workers."""
    begun: dict[str, tuple[Order, float]] = {}
    ended: list[Trial] = []
    elapsed = seconds * len(director.trials)
    while True:
        answer: Order | Answer = Answer.WAIT
        while len(begun) < workers and isinstance(answer := director.ask(elapsed), Order):
            assert answer.key not in begun
            begun[answer.key] = (answer, elapsed)
        if answer is Answer.FINISHED:
            assert not begun
            assert director.ask(elapsed) is Answer.FINISHED  # and so it stays
            return ended
        assert begun  # WAIT is for something
        order, _ = begun.pop((luck or Random(0)).choice(sorted(begun)))
        elapsed += seconds / workers
        ended.append(Trial(order, train(order), elapsed))
        director.tell(ended[-1])


def _orders(trials: Iterable[Trial]) -> list[Order]:
    return [trial.order for trial in trials]


def _of(phase: Phase, trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.phase is phase]


def test_walks_anchors_then_graphs_then_finalists(direct: Direct) -> None:
    trials = _walk(direct(Budget(40, None, 3)))
    phases = [trial.phase for trial in trials]
    assert phases == [
        *[Phase.ANCHORS] * 10, *[Phase.GRAPHS] * 20, *[Phase.FINALISTS] * 10,
    ]  # fmt: skip


def test_both_anchors_are_tuned_over_the_same_settings(direct: Direct, space: SearchSpace) -> None:
    anchors = _of(Phase.ANCHORS, _walk(direct(Budget(60, None, 3))))
    settings: dict[TaskGraph, list[object]] = {SINGLE: [], SHARED: []}
    for trial in anchors:
        settings[trial.candidate.graph].append(dict(trial.candidate.hyperparameters))
    assert settings[SINGLE] == settings[SHARED]
    assert settings[SINGLE][0] == space.default()
    assert len(settings[SINGLE]) == Budget(60, None, 3).anchor_trials


@mark.parametrize("trials", [2, 3, 4, 7, 12, 24, 41])
@mark.parametrize("seeds", [1, 2, 5])
def test_the_budget_is_used_up_and_no_more(direct: Direct, trials: int, seeds: int) -> None:
    ended = _walk(direct(Budget(trials, None, seeds)))
    assert len(ended) == trials
    assert len({order.key for order in _orders(ended)}) == trials


@mark.parametrize("trials", [12, 24, 40])
def test_every_finalist_has_the_planned_seeds_and_so_have_the_anchors(
    direct: Direct, trials: int
) -> None:
    budget = Budget(trials, None, 3)
    director = direct(budget)
    ended = _walk(director)
    finalists, n_seeds = budget.finals
    seeds = Counter(trial.candidate for trial in ended)
    several = {candidate: n for candidate, n in seeds.items() if n > 1}
    standing = director.standing
    assert standing.single is not None
    assert standing.shared is not None
    assert set(several.values()) == {n_seeds}
    assert len(several) == finalists + 2
    assert several.keys() >= {standing.single.candidate, standing.shared.candidate}
    for entry in standing.ranking[: len(several)]:
        assert [trial.seed for trial in entry.trials] == [*range(SEED, SEED + n_seeds)]


def test_the_finalists_are_the_best_of_the_first_seed(direct: Direct) -> None:
    director = direct(Budget(40, None, 3))
    ended = _walk(director)
    standing = director.standing
    first = [trial for trial in ended if trial.phase is not Phase.FINALISTS]
    anchors = {t.candidate for t in (standing.single, standing.shared) if t is not None}
    by_gain = sorted(first, key=lambda t: -sum((standing.gains(t) or {}).values()))
    best = [trial.candidate for trial in by_gain if trial.candidate not in anchors]
    finals = {trial.candidate for trial in _of(Phase.FINALISTS, ended)}
    assert finals - anchors == set(best[: Budget(40, None, 3).finals[0]])


def test_the_same_seed_gives_the_same_sequence(direct: Direct) -> None:
    first, second = (_walk(direct(Budget(30, None, 3))) for _ in range(2))
    assert _orders(first) == _orders(second)


def test_goes_on_from_every_point_as_if_nothing_had_happened(direct: Direct) -> None:
    budget = Budget(26, None, 3)
    whole = _walk(direct(budget))
    for cut in range(len(whole) + 1):
        director = direct(budget)
        for trial in whole[:cut]:  # as they come out of the run folder
            director.tell(Trial.from_json(json.loads(json.dumps(trial.to_json()))))
        assert _orders(_walk(director)) == _orders(whole[cut:])


def test_an_order_lost_at_the_cut_is_given_again(direct: Direct) -> None:
    budget = Budget(26, None, 3)
    whole = _walk(direct(budget))
    for cut in (0, 3, 9, 20):
        killed, resumed = direct(budget), direct(budget)
        for trial in whole[:cut]:
            killed.tell(trial)
            resumed.tell(trial)
        assert killed.ask(0.0) == resumed.ask(0.0) == whole[cut].order


@mark.parametrize("workers", [2, 5, 30])
@mark.parametrize("run", range(3))
def test_with_workers_nothing_is_lost_or_doubled(direct: Direct, workers: int, run: int) -> None:
    budget = Budget(26, None, 3)
    director = direct(budget)
    ended = _walk(director, workers=workers, luck=Random(run))
    assert len({order.key for order in _orders(ended)}) == len(ended) == 26
    anchors = Counter(trial.candidate.graph for trial in _of(Phase.ANCHORS, ended))
    assert anchors == {SINGLE: 3, SHARED: 3}
    assert director.trials == ended
    seeds = {trial.seed for trial in ended if trial.candidate == _single(director)}
    if workers < 26:
        assert seeds == {SEED, SEED + 1, SEED + 2}


@mark.parametrize("workers", [2, 5])
def test_with_workers_a_killed_search_is_completed(direct: Direct, workers: int) -> None:
    budget = Budget(26, None, 3)
    whole = _walk(direct(budget), workers=workers, luck=Random(1))
    for cut in range(0, 26, 3):
        director = direct(budget)
        for trial in whole[:cut]:
            director.tell(trial)
        rest = _walk(director, workers=workers, luck=Random(2))
        assert len({order.key for order in _orders([*whole[:cut], *rest])}) == 26


def test_no_finals_while_nobody_knows_the_anchors(direct: Direct) -> None:
    """One anchor takes longer than all the graphs, and then is the best."""
    director = direct(Budget(24, None, 3))
    slow: Order | None = None
    while isinstance(order := director.ask(0.0), Order):
        if slow is None and order.candidate.graph == SINGLE:
            slow = order
        else:
            assert order.phase is not Phase.FINALISTS
            director.tell(Trial(order, _train(order)))
    assert order is Answer.WAIT
    assert slow is not None
    director.tell(Trial(slow, Result(Status.DONE, errors=dict.fromkeys(TASKS, 0.1))))
    finals = _of(Phase.FINALISTS, _walk(director))
    assert len(finals) == 8
    assert Counter(trial.candidate for trial in finals)[slow.candidate] == 2


def test_while_graphs_are_in_training_only_the_anchors_are_finalists(direct: Direct) -> None:
    director = direct(Budget(24, None, 3))
    while True:
        order = director.ask(0.0)
        assert isinstance(order, Order)
        if len(director.trials) == 15:
            break
        director.tell(Trial(order, _train(order)))
    assert order.phase is Phase.GRAPHS
    early = []
    while isinstance(answer := director.ask(0.0), Order):
        early.append(answer)
    assert answer is Answer.WAIT
    assert {final.candidate.graph for final in early} == {SINGLE, SHARED}
    assert len(early) == 4


def _single(director: Director) -> Candidate:
    assert director.standing.single is not None
    return director.standing.single.candidate


@mark.parametrize("workers", [1, 4])
@mark.parametrize("budget", [Budget(24, None, 3), Budget(None, 50.0, 3)])
def test_ends_when_every_trial_fails(direct: Direct, budget: Budget, workers: int) -> None:
    director = direct(budget)
    ended = _walk(director, lambda order: Result(Status.FAILED, "no"), workers)
    assert {trial.phase for trial in ended} == {Phase.ANCHORS}
    assert director.standing.ranking == []


@mark.parametrize("workers", [1, 4])
def test_goes_on_when_every_graph_fails(direct: Direct, workers: int) -> None:
    def train(order: Order) -> Result:
        sound = order.candidate.graph in (SINGLE, SHARED)
        return _train(order) if sound else Result(Status.FAILED, "no")

    director = direct(Budget(24, None, 3))
    ended = _walk(director, train, workers, Random(0))
    assert len(_of(Phase.FINALISTS, ended)) >= 4  # the anchors
    assert len(ended) == 24  # what the finals leave goes to graphs
    anchors = {entry.anchor for entry in director.standing.ranking if len(entry.trials) == 3}
    assert anchors >= {"single-task", "all-shared"}


def test_goes_on_when_the_all_shared_anchors_fail(direct: Direct) -> None:
    def train(order: Order) -> Result:
        shared = order.candidate.graph == SHARED
        return Result(Status.FAILED, "no") if shared else _train(order)

    director = direct(Budget(24, None, 3))
    assert _of(Phase.FINALISTS, _walk(director, train))
    assert director.standing.shared is None


def test_with_time_alone_the_phases_end_by_time(direct: Direct) -> None:
    budget = Budget(None, 100.0, 3)
    ended = _walk(direct(budget), seconds=2.0)
    begun = {phase: [t.elapsed - 2.0 for t in _of(phase, ended)] for phase in Phase}
    assert max(begun[Phase.ANCHORS]) < 25 + 2 + 1  # the last pair is completed
    anchors = Counter(trial.candidate.graph for trial in _of(Phase.ANCHORS, ended))
    assert anchors[SINGLE] == anchors[SHARED]
    first = min(begun[Phase.FINALISTS])
    assert 65 <= first < 68
    assert all(moment < first or moment >= first + 20 for moment in begun[Phase.GRAPHS])
    assert len(begun[Phase.FINALISTS]) >= 10
    assert 96 < max(t.elapsed for t in ended) <= 100  # what the finals leave goes to graphs


def test_the_first_pair_of_anchors_is_trained_however_late_it_is(direct: Direct) -> None:
    ended = _walk(direct(Budget(None, 100.0, 3)), seconds=40.0)
    graphs = [trial.candidate.graph for trial in ended]
    assert graphs[:2] == [SHARED, SINGLE]
    assert [trial.phase for trial in ended[2:]] == [Phase.FINALISTS]


def test_a_trial_that_was_cut_is_done_again_by_a_larger_budget(direct: Direct) -> None:
    first, larger = direct(Budget(None, 20.0, 3)), direct(Budget(None, 100.0, 3))
    for number in count():
        order = first.ask(float(number))
        if not isinstance(order, Order):
            break
        cut = number >= 19  # these go on beyond the limit
        result = Result(Status.CUT, "the budget ended") if cut else _train(order)
        first.tell(Trial(order, result, float(number + 1)))
    assert first.ask(20.0) is Answer.FINISHED
    for trial in first.trials:
        larger.tell(trial)
    again = {order.key for order in _orders(_walk(larger))}
    assert first.trials[-1].result.status is Status.CUT
    assert not {trial.order.key for trial in first.trials[:-1]} & again


def test_a_finalist_that_was_cut_is_trained_again(direct: Direct) -> None:
    whole = _walk(direct(Budget(24, None, 3)))
    director = direct(Budget(25, None, 3))
    for trial in whole[:-1]:
        director.tell(trial)
    director.tell(Trial(whole[-1].order, Result(Status.CUT, "the budget ended"), 24.0))
    assert director.ask(24.0) == whole[-1].order


def test_a_cut_anchor_is_tuned_after_all(direct: Direct) -> None:
    director = direct(Budget(None, 100.0, 3))
    shared = director.ask(0.0)
    assert isinstance(shared, Order)
    director.tell(Trial(shared, Result(Status.CUT, "the budget ended"), 10.0))
    assert director.ask(10.0) == shared


def test_a_larger_budget_goes_on_where_the_smaller_ended(direct: Direct) -> None:
    director = direct(Budget(40, None, 3))
    small = _walk(direct(Budget(24, None, 3)))
    for trial in small:
        director.tell(trial)
    rest = _walk(director)
    n_keys = len({order.key for order in _orders([*small, *rest])})
    assert len(small) + len(rest) == n_keys
    assert 40 - 4 <= n_keys <= 40  # a finalist of before may be one again
    anchors = Counter(trial.candidate.graph for trial in _of(Phase.ANCHORS, [*small, *rest]))
    assert anchors == {SINGLE: 5, SHARED: 5}
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
def test_one_task_alone_is_searched_too(direct: Direct, space: SearchSpace, workers: int) -> None:
    director = direct(Budget(24, None, 3), {"a": 1.0}, affinity=lambda trial: None)
    ended = _walk(director, workers=workers)
    assert len(ended) == len({order.key for order in _orders(ended)}) <= 24
    assert {trial.phase for trial in ended} == {*Phase} - {Phase.GUARD}
    assert len(director.standing.ranking[0].trials) == 3


@mark.parametrize(("budget", "workers"), [(Budget(24, None, 3), 4), (Budget(None, 1000.0, 3), 1)])
@mark.parametrize("constants", [{"a": 1.0}, {"a": 1.0, "b": 1.0}])
def test_an_exhausted_space_ends_the_search(
    direct: Direct, budget: Budget, workers: int, constants: Mapping[str, float]
) -> None:
    director = direct(budget, constants, space=_narrow(), affinity=lambda trial: None)
    ended = _walk(director, workers=workers)
    assert len(_of(Phase.ANCHORS, ended)) == len(constants)
    assert not _of(Phase.GRAPHS, ended)
    assert Counter(trial.candidate for trial in ended).most_common()[-1][1] == 3


def test_the_searcher_is_given_the_affinity_of_the_best_all_shared_anchor(
    direct: Direct, plugins: Plugins
) -> None:
    problems: list[SearchProblem] = []

    class Recorded(plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        def __init__(self, problem: SearchProblem) -> None:
            problems.append(problem)
            super().__init__(problem)

    director = direct(Budget(24, None, 3), searcher=Recorded)
    _walk(director)
    shared = director.standing.shared
    assert shared is not None
    best = min((shared, _trial_of(director, _single(director))), key=director.standing.relative)
    assert problems
    for problem in problems:
        assert problem.affinity is not None
        assert problem.affinity.estimator == shared.order.key
        assert problem.tuned == best.candidate.hyperparameters


def _trial_of(director: Director, candidate: Candidate) -> Trial:
    return next(trial for trial in director.trials if trial.candidate == candidate)


Told = list[tuple[Candidate, Mapping[str, float] | None]]


def _recorder(told: Told) -> type[Searcher]:
    """A searcher that proposes the all-shared graph, and records what it is told."""

    class Recorder(Searcher):
        name, citation = "recorder", "https://example.org"

        def ask(self, rng: Random) -> Candidate:
            values = {**self.problem.tuned, "learning_rate": rng.random()}
            return self.problem.space.candidate(SHARED, values)

        def tell(
            self,
            candidate: Candidate,
            gains: Mapping[str, float] | None,
            costs: Mapping[str, float] | None = None,
        ) -> None:
            told.append((candidate, gains))

    return Recorder


def test_the_searcher_is_told_everything_that_ended(direct: Direct) -> None:
    told: Told = []

    def train(order: Order) -> Result:
        return Result(Status.FAILED, "no") if order.key[0] in "01234567" else _train(order)

    director = direct(Budget(24, None, 3), searcher=_recorder(told))
    ended = _walk(director, train)
    last = told[-len(ended[:15]) :]  # before the last graph, 15 trials had ended
    assert [candidate for candidate, _ in last] == [trial.candidate for trial in ended[:15]]
    assert [gains is not None for _, gains in last] == [trial.done for trial in ended[:15]]
    single = next(gains for candidate, gains in last if candidate == _single(director))
    assert single == dict.fromkeys(TASKS, 0.0)


def test_the_searcher_is_told_of_the_first_seed_alone(direct: Direct) -> None:
    told: Told = []
    small = _walk(direct(Budget(24, None, 3)))
    larger = direct(Budget(40, None, 3), searcher=_recorder(told))
    for trial in small:
        larger.tell(trial)
    order = larger.ask(0.0)
    while isinstance(order, Order) and not told:
        larger.tell(Trial(order, _train(order)))
        order = larger.ask(0.0)
    first = [trial.candidate for trial in larger.trials if trial.seed == SEED]
    assert [candidate for candidate, _ in told] == first
    assert len(first) < len(larger.trials)


def test_a_round_of_finals_begins_with_the_zero_point_and_the_best_graph(direct: Direct) -> None:
    director = direct(Budget(40, None, 3))
    trials = _walk(director)
    first = Standing([t for t in trials if t.phase is not Phase.FINALISTS], CONSTANTS)
    proposed = {trial.candidate for trial in _of(Phase.GRAPHS, trials)}
    best = next(entry.candidate for entry in first.ranking if entry.candidate in proposed)
    finals = _of(Phase.FINALISTS, trials)
    for begin in (finals[:2], finals[5:7]):
        assert [trial.candidate for trial in begin] == [_single(director), best]


def test_no_final_is_begun_that_the_time_is_not_enough_for(direct: Direct) -> None:
    def train(order: Order) -> Result:
        result = _train(order)
        slow = 30.0 if order.candidate.graph == SINGLE else 2.0
        return Result(Status.DONE, errors=result.errors, seconds=slow)

    director = direct(Budget(None, 100.0, 3))
    finals = _of(Phase.FINALISTS, _walk(director, train, seconds=2.0))
    begun = [trial.elapsed - 2.0 for trial in finals if trial.candidate.graph == SINGLE]
    assert begun
    assert all(100.0 - moment > 30.0 for moment in begun)
