"""Which settings are judged on other rows too."""

from dataclasses import replace
from random import Random

from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.shortlist import shortlist

CONSTANTS = {"a": 1.0, "b": 2.0}


def _trial(error: float, noise: float, number: int = 0) -> Trial:
    """A training with this error relative to a constant's, that varies with the rows."""
    rng = Random(number)
    errors = {task: error * unit for task, unit in CONSTANTS.items()}
    resampled = {
        task: [errors[task] + rng.gauss(0.0, noise) * CONSTANTS[task] for _ in range(200)]
        for task in CONSTANTS
    }
    graph = TaskGraph.all_shared(CONSTANTS, 1)
    order = Order(Candidate(graph, {"number": number}), 0, Phase.ANCHORS)
    return Trial(order, Result(Status.DONE, errors=errors, resampled=resampled))


def test_who_may_be_as_good_is_in_it_and_who_is_surely_worse_is_not() -> None:
    found = [_trial(error, 0.01, number) for number, error in enumerate((0.9, 0.5, 0.505, 0.8))]
    assert shortlist(found, CONSTANTS) == [found[1], found[2]]


@mark.parametrize(("settings", "wanted"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (16, 3)])
def test_it_is_the_best_three_or_the_better_half(settings: int, wanted: int) -> None:
    found = [_trial(0.5 + 0.001 * number, 0.1, number) for number in range(settings)]
    assert shortlist(found[::-1], CONSTANTS) == found[:wanted]


def test_the_best_of_each_skip_go_first() -> None:
    graph = TaskGraph.all_shared(CONSTANTS, 1)
    found = [_trial(0.5 + 0.001 * number, 0.1, number) for number in range(8)]
    for number, trial in enumerate(found):
        candidate = Candidate(graph, {"skip": ("linear", "none")[number >= 4], "number": number})
        found[number] = replace(trial, order=replace(trial.order, candidate=candidate))
    assert shortlist(found, CONSTANTS) == [found[0], found[4], found[1]]


def test_without_resamples_only_the_best_is() -> None:
    order = Order(Candidate(TaskGraph.all_shared(CONSTANTS, 1), {}), 0, Phase.ANCHORS)
    found = [Trial(order, Result(Status.DONE, errors={"a": e, "b": e})) for e in (0.3, 0.2, 0.4, 1)]
    assert shortlist(found, CONSTANTS) == [found[1]]
