"""What the searcher is told, and what becomes of its proposals."""

from collections import Counter
from collections.abc import Collection, Mapping
from random import Random
from statistics import fmean
from typing import Any

from pytest import approx, mark

from automtl.core.candidate import Candidate
from automtl.core.objective import Objective
from automtl.core.searcher import Searcher, SearchProblem
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.plugins import Plugins
from automtl.search.budget import Budget


def _recorder(sim: Any, problems: list[SearchProblem]) -> type[Searcher]:
    class Recorder(sim.plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        def __init__(self, problem: SearchProblem) -> None:
            problems.append(problem)
            super().__init__(problem)

    return Recorder


def _repeater(sim: Any) -> type[Searcher]:
    """Asks in turn for something new and for the best so far once more."""

    class Repeater(sim.plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        repeats = True

        def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
            best = self.best(1) if len(self.history) % 2 else []
            found: Candidate = best[0] if best else super().ask(rng, pending)
            return found

    return Repeater


@mark.parametrize("workers", [1, 3])
@mark.parametrize("searcher", ["affinity", "evolution", "random"])
def test_with_bags_graphs_are_judged_on_rows_that_no_anchor_was_tuned_on(
    sim: Any, plugins: Plugins, searcher: str, workers: int
) -> None:
    kind = plugins.searchers[searcher]
    director = sim.direct(Budget(40, None, 3, bags=4), searcher=kind, workers=workers)
    ended = sim.walk(director, workers=workers, luck=Random(1))
    graphs = [trial for trial in ended if trial.phase is Phase.GRAPHS]
    assert {trial.order.bag for trial in graphs} == {(0, 4)}
    settled = director.anchors.settled()
    assert settled is not None
    assert settled.single in {trial.candidate for trial in graphs}
    for entry in director.standing.ranking:
        assert all(trial.order.bag is not None for trial in entry.trials)
    alone = [trial for trial in graphs if trial.candidate.graph == sim.single]
    assert director.standing.gains(alone[0]) == dict.fromkeys(sim.tasks, 0.0)


@mark.parametrize("workers", [1, 3])
def test_the_searcher_is_not_told_of_rows_that_the_anchor_was_not_judged_on(
    sim: Any, workers: int
) -> None:
    told: list[Mapping[str, float] | None] = []

    class Listener(sim.plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        def tell(self, candidate: Candidate, gains: Any, costs: Any = None) -> None:
            told.append(gains)
            super().tell(candidate, gains, costs)

    director = sim.direct(Budget(40, None, 3, bags=4, ensemble=3), searcher=Listener)
    ended = sim.walk(director, workers=workers, luck=Random(1))
    assert any(trial.phase is Phase.BAGS for trial in ended)
    assert told
    assert None not in told  # which would mean that it failed


def test_the_problem_has_tuned_settings_and_the_affinity_of_the_all_shared_anchor(
    sim: Any,
) -> None:
    problems: list[SearchProblem] = []
    director = sim.direct(Budget(24, None, 3), searcher=_recorder(sim, problems))
    sim.walk(director)
    shared, single = director.standing.shared, director.standing.single
    assert shared is not None
    assert single is not None
    assert problems
    for problem in problems:
        assert problem.affinity is not None
        assert problem.affinity.estimator == shared.order.key
        assert problem.tuned == shared.candidate.hyperparameters
        assert problem.candidate(sim.single) == single.candidate


def test_the_searcher_is_made_anew_only_with_a_new_zero_point(sim: Any) -> None:
    problems: list[SearchProblem] = []
    director = sim.direct(Budget(40, None, 3), searcher=_recorder(sim, problems))
    sim.walk(director)
    # for graphs, for judging finalists, and for graphs again with two more seeds of the anchor
    assert len(problems) <= 3


def test_the_searcher_is_told_everything_that_ended_once(sim: Any) -> None:
    def train(order: Order) -> Result:
        return Result(Status.FAILED, "no") if order.key[0] in "0123" else sim.train(order)

    director = sim.direct(Budget(40, None, 3))
    trials = sim.walk(director, train)
    assert director.searcher is not None
    history = director.searcher.history
    assert [telling.candidate for telling in history] == [trial.candidate for trial in trials]
    assert [telling.gains is None for telling in history] == [not trial.done for trial in trials]
    assert {trial.phase for trial in trials} >= {*Phase} - {Phase.GUARD, Phase.BAGS}
    for telling in history:
        if telling.candidate == director.standing.single.candidate and telling.gains is not None:
            assert telling.gains == dict.fromkeys(sim.tasks, 0.0)


def test_what_was_cut_off_says_nothing(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3))
    whole = sim.walk(sim.direct(Budget(24, None, 3)))
    for trial in whole[:9]:
        director.tell(trial)
    director.tell(Trial(whole[9].order, Result(Status.CUT, "the budget ended")))
    assert director.searcher is not None
    assert len(director.searcher.history) == 9


def test_a_searcher_that_repeats_itself_means_another_seed(sim: Any) -> None:
    director = sim.direct(Budget(40, None, 1), searcher=_repeater(sim))
    trials = sim.walk(director)
    seeds: dict[Candidate, list[int]] = {}
    for trial in trials:
        seeds.setdefault(trial.candidate, []).append(trial.seed)
    assert max(map(len, seeds.values())) > 1
    for found in seeds.values():
        assert found == [*range(sim.seed, sim.seed + len(found))]
    assert len({trial.order.key for trial in trials}) == len(trials) == 40


def test_without_an_anchor_of_that_seed_a_gain_is_over_its_mean(sim: Any) -> None:
    director = sim.direct(Budget(40, None, 1), searcher=_repeater(sim))
    trials = sim.walk(director)
    anchor = director.standing.single
    assert anchor is not None
    again = [trial for trial in trials if trial.seed > sim.seed]
    zeros = {t.seed: t.result.errors for t in trials if t.candidate == anchor.candidate}
    unpaired = [trial for trial in again if trial.seed not in zeros]
    assert unpaired
    zero = {task: fmean(errors[task] for errors in zeros.values()) for task in sim.tasks}
    for trial in unpaired:
        expected = {t: (zero[t] - e) / zero[t] for t, e in trial.result.errors.items()}
        assert director.standing.gains(trial) == approx(expected)


def test_what_failed_is_not_repeated(sim: Any) -> None:
    def train(order: Order) -> Result:
        graph = order.phase is Phase.GRAPHS
        return Result(Status.FAILED, "no") if graph else sim.train(order)

    class Stubborn(Searcher):
        name, citation, repeats = "stubborn", "https://example.org", True

        def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
            fork = sim.shared.from_groups([[sim.tasks], [["a", "b"], ["c"]]])
            return self.problem.candidate(fork)

    ended = sim.walk(sim.direct(Budget(24, None, 1), searcher=Stubborn), train)
    assert Counter(trial.phase for trial in ended)[Phase.GRAPHS] == 1


@mark.parametrize("n", [0, 10, 19, 27, 33])
def test_a_search_with_repeats_and_short_trainings_goes_on_as_it_would_have(
    sim: Any, n: int
) -> None:
    plan = {"searcher": _repeater(sim), "fidelity": 0.3}
    whole = sim.walk(sim.direct(Budget(36, None, 3), **plan))
    resumed = sim.direct(Budget(36, None, 3), **plan)
    for trial in whole[:n]:
        resumed.tell(trial)
    assert [t.order for t in sim.walk(resumed)] == [t.order for t in whole[n:]]


def _n_nodes(candidate: Candidate) -> int:
    return sum(len(nodes) for nodes in candidate.graph.stages)


@mark.parametrize("limit", [3, 4])
def test_nothing_too_large_is_ordered_but_the_anchors(sim: Any, limit: int) -> None:
    calls: Counter[Candidate] = Counter()

    def count(candidate: Candidate) -> int:
        calls[candidate] += 1
        return _n_nodes(candidate)

    objective = Objective(max_parameters=limit)
    director = sim.direct(Budget(40, None, 3), objective=objective, count=count)
    trials = sim.walk(director)
    searched = [trial for trial in trials if trial.phase is Phase.GRAPHS]
    assert searched
    assert all(_n_nodes(trial.candidate) <= limit for trial in searched)
    assert any(_n_nodes(trial.candidate) > limit for trial in trials)
    assert max(calls.values()) == 1
    assert director.graphs.problem(director.anchors.settled()).objective == objective


def test_where_everything_is_too_large_the_space_is_exhausted(sim: Any) -> None:
    objective = Objective(max_parameters=1)
    director = sim.direct(Budget(40, None, 3), objective=objective, count=_n_nodes)
    trials = sim.walk(director)
    assert {trial.phase for trial in trials} == {Phase.ANCHORS, Phase.FINALISTS}
    assert {trial.candidate.graph for trial in trials} == {sim.single, sim.shared}


def test_without_a_limit_nothing_is_counted(sim: Any) -> None:
    def count(candidate: Candidate) -> int:
        raise AssertionError("nobody asked")

    assert sim.walk(sim.direct(Budget(12, None, 1), count=count))


def test_the_gains_told_are_a_mapping_of_all_tasks(sim: Any) -> None:
    director = sim.direct(Budget(20, None, 1))
    sim.walk(director)
    assert director.searcher is not None
    for telling in director.searcher.history:
        assert isinstance(telling.gains, Mapping)
        assert set(telling.gains) == set(sim.tasks)


def test_the_searcher_knows_what_is_in_training_and_what_was_refused(sim: Any) -> None:
    heard: list[list[Candidate]] = []

    class Listener(sim.plugins.searchers["random"]):  # type: ignore[name-defined,misc]
        def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
            heard.append([*pending])
            return self.problem.candidate(sim.shared)  # which is known already

    director = sim.direct(Budget(24, None, 1), searcher=Listener)
    sim.walk(director)
    shared = director.standing.shared
    assert shared is not None
    assert [shared.candidate] * 3 in heard
    assert max(map(len, heard)) == 29
