"""The winner on other divisions of the rows."""

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean
from typing import Any

from pytest import approx, mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.trial import Phase, Trial
from automtl.search.bags import bags_of
from automtl.search.budget import Budget
from automtl.search.ledger import Ledger
from automtl.search.standing import Standing


@mark.parametrize("workers", [1, 3])
def test_the_winner_is_trained_once_on_each_division_when_all_is_decided(
    sim: Any, workers: int
) -> None:
    director = sim.direct(Budget(24, None, 3, bags=4))
    ended = sim.walk(director, workers=workers)
    bags = [trial for trial in ended if trial.phase is Phase.BAGS]
    assert ended[-len(bags) :] == bags
    winner = director.standing.peers[0]
    assert {trial.candidate for trial in bags} == {winner.candidate}
    assert len(ended) - len(bags) <= 24  # bags come on top
    found = bags_of(director.standing, director.trials, 4)
    assert [trial.order.bag for trial in found] == [(number, 4) for number in range(4)]
    assert len({trial.seed for trial in found}) == 4  # the members start apart, too
    assert {trial.candidate for trial in found} == {winner.candidate}
    assert len(winner.trials) > 1
    assert len(winner.trials) + len(bags) == 4  # what was compared is not trained again


def test_each_seed_of_the_finals_leaves_out_another_fold_and_is_compared_on_it(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=2))
    sim.walk(director)
    several = [entry for entry in director.standing.ranking if len(entry.trials) > 1]
    assert len(several) > 2
    for entry in several:
        assert [trial.order.bag for trial in entry.trials] == [(0, 2), (1, 2), (0, 2)]
    single = next(entry for entry in several if entry.anchor == "single-task")
    anchor = director.standing.zero.values()
    for entry in several:
        for task, gain in entry.gains.items():
            unit = fmean(errors[task] for errors in anchor)
            pairs = zip(single.trials, entry.trials, strict=True)
            errors = [(zero.result.errors[task], own.result.errors[task]) for zero, own in pairs]
            assert gain.mean == approx(fmean((zero - own) / unit for zero, own in errors))


@mark.parametrize("lone", [False, True])
@mark.parametrize(
    ("trials", "seeds", "bags", "ensemble"), [(24, 3, 4, 1), (30, 2, 6, 3), (6, 1, 3, 1)]
)
def test_there_are_at_most_so_many_trainings(
    sim: Any, trials: int, seeds: int, bags: int, ensemble: int, lone: bool
) -> None:
    budget = Budget(trials, None, seeds, bags, ensemble, lone)
    ended = sim.walk(sim.direct(budget, constants={"a": 1.0} if lone else None))
    assert budget.at_most is not None
    assert len(ended) <= budget.at_most
    assert len(ended) > trials / 2
    assert Budget(None, 60.0, seeds, bags).at_most is None


def test_a_bag_becomes_a_final_when_a_larger_budget_wants_it_compared(sim: Any) -> None:
    ledger = Ledger(sim.constants, Objective())
    plan = sim.direct(Budget(24, None, 3, bags=2)).plan
    candidate = sim.space.candidate(sim.shared, sim.space.default())
    bag, final = (plan.order(candidate, sim.seed + 1, p) for p in (Phase.BAGS, Phase.FINALISTS))
    ledger.end(Trial(bag, sim.train(bag)))
    assert ledger.new(final)
    assert not ledger.new(bag)
    ledger.end(Trial(final, sim.train(final)))
    assert not ledger.new(final)
    other = plan.order(candidate, sim.seed + 2, Phase.FINALISTS)
    ledger.end(Trial(other, sim.train(other)))
    assert not ledger.new(plan.order(candidate, sim.seed + 2, Phase.BAGS))


def test_bags_change_nothing_of_what_is_ranked(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, 4))
    sim.walk(director)
    before = [trial for trial in director.trials if trial.phase is not Phase.BAGS]
    assert len(before) < len(director.trials)
    assert director.standing.ranking == Standing(before, sim.constants).ranking


@mark.parametrize("workers", [1, 3])
def test_an_ensemble_is_of_the_bags_of_the_best_candidates(sim: Any, workers: int) -> None:
    director = sim.direct(Budget(24, None, 3, bags=2, ensemble=3))
    ended = sim.walk(director, workers=workers)
    best, parts = [], set()
    for entry in director.standing.peers:
        if (own := frozenset(part.digest for part in entry.candidate.parts)) not in parts:
            parts.add(own)
            best.append(entry.candidate)
    best = best[:3]
    found = bags_of(director.standing, director.trials, 2, 3)
    assert [trial.candidate for trial in found] == [one for one in best for _ in range(2)]
    assert [trial.order.bag for trial in found] == [(0, 2), (1, 2)] * len(best)
    assert {trial.order.key for trial in ended if trial.phase is Phase.BAGS} <= {
        trial.order.key for trial in found
    }


def test_the_same_networks_in_other_words_are_in_it_once(
    candidate: Callable[..., Candidate], ended: Callable[..., Trial]
) -> None:
    single, shared = TaskGraph.single_task("ab", 1), TaskGraph.all_shared("ab", 1)
    plain = candidate(single)
    own = plain.hyperparameters
    composed = Candidate(single, {**own, "weight_decay": 0.5}, {"a": own, "b": own})
    other = candidate(shared)
    told = [ended(one, {"a": 0.5, "b": 0.5}, 0, Phase.ANCHORS) for one in (plain, composed)]
    told.append(ended(other, {"a": 0.6, "b": 0.6}, 0, Phase.ANCHORS))
    bags = [
        replace(trial, order=replace(trial.order, phase=Phase.BAGS, bag=(number, 2)))
        for trial in told
        for number in range(2)
    ]
    found = bags_of(Standing(told, {"a": 1.0, "b": 1.0}), bags, 2, 3)
    assert len(found) == 4
    assert {trial.candidate.graph for trial in found} == {single, shared}


def test_bags_that_are_not_there_are_left_out(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=3, ensemble=2))
    sim.walk(director)
    every = bags_of(director.standing, director.trials, 3, 2)
    assert [trial.order.bag for trial in every] == [(n, 3) for n in range(3)] * 2
    for missing in (every[1], every[4]):
        there = [trial for trial in director.trials if trial is not missing]
        found = bags_of(director.standing, there, 3, 2)
        assert found == [trial for trial in every if trial is not missing]


def test_one_bag_of_the_winner_is_none(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 2, bags=2, ensemble=2))
    sim.walk(director)
    first = bags_of(director.standing, director.trials, 2)[0]
    there = [trial for trial in director.trials if trial is not first]
    assert bags_of(director.standing, there, 2, 2) == []


def test_bags_of_another_number_of_folds_are_not_mixed_in(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=2))
    sim.walk(director)
    more = sim.direct(Budget(24, None, 3, bags=3))
    for trial in director.trials:
        more.tell(trial)
    sim.walk(more)  # the search goes on with more bags
    found = bags_of(more.standing, more.trials, 3)
    assert [trial.order.bag for trial in found] == [(0, 3), (1, 3), (2, 3)]
    assert bags_of(more.standing, more.trials, 0) == []


def test_bags_have_a_share_of_the_time() -> None:
    budget = Budget(None, 100.0, 3, bags=4)
    assert budget.search_seconds == 75.0
    assert budget.spent(0, 75.0) == 1.0
    assert Budget(None, 100.0, 3).search_seconds == 100.0
