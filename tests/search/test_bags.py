"""The winner on other divisions of the rows."""

from typing import Any

from pytest import mark

from automtl.core.trial import Phase
from automtl.search.bags import bags_of
from automtl.search.budget import Budget


@mark.parametrize("workers", [1, 3])
def test_the_winner_is_trained_once_on_each_division_when_all_is_decided(
    sim: Any, workers: int
) -> None:
    director = sim.direct(Budget(24, None, 3, bags=4))
    ended = sim.walk(director, workers=workers)
    bags = [trial for trial in ended if trial.phase is Phase.BAGS]
    assert [trial.order.bag for trial in ended[-4:]] == [trial.order.bag for trial in bags]
    assert sorted(trial.order.bag for trial in bags) == [(number, 4) for number in range(4)]
    winner = director.standing.peers[0].candidate
    assert {trial.candidate for trial in bags} == {winner}
    assert len({trial.seed for trial in bags}) == 4  # the members start apart, too
    assert len(ended) - 4 <= 24  # bags come on top
    assert sorted(t.order.bag for t in bags_of(director.standing, director.trials, 4)) == [
        (number, 4) for number in range(4)
    ]


def test_bags_change_nothing_of_what_is_ranked(sim: Any) -> None:
    plain, bagged = sim.direct(Budget(24, None, 3)), sim.direct(Budget(24, None, 3, 4))
    for director in (plain, bagged):
        sim.walk(director)
    ranked = [[e.candidate for e in director.standing.ranking] for director in (plain, bagged)]
    assert ranked[0] == ranked[1]
    assert all(trial.phase is not Phase.BAGS for trial in bagged.standing.trials)


@mark.parametrize("workers", [1, 3])
def test_an_ensemble_is_of_the_bags_of_the_best_candidates(sim: Any, workers: int) -> None:
    director = sim.direct(Budget(24, None, 3, bags=2, ensemble=3))
    ended = sim.walk(director, workers=workers)
    best = [entry.candidate for entry in director.standing.peers[:3]]
    found = bags_of(director.standing, director.trials, 2, 3)
    assert [trial.candidate for trial in found] == [one for one in best for _ in range(2)]
    assert [trial.order.bag for trial in found] == [(0, 2), (1, 2)] * len(best)
    assert len(found) == sum(trial.phase is Phase.BAGS for trial in ended)


def test_of_each_candidate_there_are_all_bags_or_none(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=2, ensemble=2))
    sim.walk(director)
    winner, second = (entry.candidate for entry in director.standing.peers[:2])
    last = director.trials[-1]
    assert {last.candidate, winner} == {winner, second}
    fewer = [trial for trial in director.trials if trial is not last]
    found = bags_of(director.standing, fewer, 2, 2)
    assert [trial.candidate for trial in found] == [winner, winner]


def test_an_incomplete_set_of_bags_is_none(sim: Any) -> None:
    director = sim.direct(Budget(24, None, 3, bags=4))
    sim.walk(director)
    assert len(bags_of(director.standing, director.trials, 4)) == 4
    assert bags_of(director.standing, director.trials[:-1], 4) == []


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
