"""What all searchers inherit; what each proposes is for its own test."""

import json
from collections.abc import Collection
from math import inf, nan
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from pytest import fixture, mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import Searcher, SearchProblem, Telling
from automtl.core.space import Choice, SearchSpace

TASKS = ("a", "b")
SINGLE, SHARED = TaskGraph.single_task(TASKS, 1), TaskGraph.all_shared(TASKS, 1)
ONE, TWO, THREE = (Candidate(SHARED, {"width": width}) for width in (1, 2, 3))
SPACE = SearchSpace(
    1, {"hard": {}}, {"mlp": {"width": Choice((1, 2, 3))}}, {"sum": {}}, {"constant": {}}
)
GAINS = st.none() | st.fixed_dictionaries(dict.fromkeys(TASKS, st.floats(-1, 1)))
TOLD = st.lists(st.tuples(st.sampled_from((ONE, TWO, THREE)), GAINS), max_size=8)


class Stubborn(Searcher):
    """Asks for the same again and again."""

    name = "stubborn"
    citation = "https://example.org"

    def ask(self, rng: Random, pending: Collection[Candidate] = ()) -> Candidate:
        return ONE


def fresh() -> Stubborn:
    return Stubborn(SearchProblem(SPACE, TASKS, SPACE.default()))


@fixture
def searcher() -> Stubborn:
    return fresh()


def equally(gain: float) -> dict[str, float]:
    return dict.fromkeys(TASKS, gain)


def test_the_best_is_the_best_mean_over_tasks_and_tellings(searcher: Stubborn) -> None:
    searcher.tell(ONE, {"a": 0.9, "b": -0.3})
    searcher.tell(TWO, equally(0.2))
    searcher.tell(THREE, equally(0.5))
    searcher.tell(THREE, equally(-0.2))
    assert searcher.best(9) == [ONE, TWO, THREE]
    searcher.tell(THREE, equally(0.9))
    assert searcher.best(2) == [THREE, ONE]
    assert searcher.best(0) == []


@mark.parametrize("gain", [nan, inf, -inf])
def test_what_failed_or_is_not_finite_is_remembered_and_never_best(
    searcher: Stubborn, gain: float
) -> None:
    searcher.tell(ONE, None)
    searcher.tell(TWO, {"a": gain, "b": 0.5})
    searcher.tell(THREE, equally(-0.9))
    assert searcher.best(3) == [THREE]
    assert [telling.candidate for telling in searcher.history] == [ONE, TWO, THREE]
    searcher.tell(TWO, equally(0.1))
    assert searcher.best(3) == [TWO, THREE]


def test_of_equals_the_first_told_is_first(searcher: Stubborn) -> None:
    for candidate in (TWO, THREE, ONE):
        searcher.tell(candidate, equally(0.5))
    assert searcher.best(3) == [TWO, THREE, ONE]


@given(TOLD, st.integers(0, 4))
def test_more_of_the_best_begin_with_fewer(told: list, n: int) -> None:
    searcher = fresh()
    for candidate, gains in told:
        searcher.tell(candidate, gains)
    best = searcher.best(n)
    assert best == searcher.best(n + 1)[:n]
    assert len(best) == min(n, len({candidate for candidate, gains in told if gains}))


@given(TOLD)
def test_what_it_was_told_is_all_that_is_kept_of_it(told: list) -> None:
    before, after = fresh(), fresh()
    for number, (candidate, gains) in enumerate(told):
        before.tell(candidate, gains, {"parameters": number} if number % 2 else None)
    after.restore(json.loads(json.dumps(before.to_json())))
    assert after.history == before.history
    assert after.best(9) == before.best(9)
    assert after.to_json() == before.to_json()


def test_restored_in_two_parts_it_goes_on(searcher: Stubborn) -> None:
    searcher.tell(ONE, equally(0.1))
    other = fresh()
    other.tell(TWO, equally(0.3))
    other.restore(searcher.to_json())
    assert other.best(2) == [TWO, ONE]


@given(...)
def test_a_telling_is_written_and_read_back(candidate: Candidate) -> None:
    for gains in (None, {}, {"a": 0.5}):
        telling = Telling(candidate, gains, {"flops": 3.0})
        assert Telling.from_json(json.loads(json.dumps(telling.to_json()))) == telling


def test_it_infers_no_affinity_unless_it_says_so(searcher: Stubborn) -> None:
    searcher.tell(ONE, equally(0.1))
    assert searcher.posterior() is None


def test_a_graph_has_the_tuned_settings_and_tasks_alone_their_own() -> None:
    tuned = {**SPACE.default(), "block.width": 2}
    own = {**tuned, "block.width": 3}
    problem = SearchProblem(SPACE, TASKS, tuned, alone={"a": own})
    shared, single = problem.candidate(SHARED), problem.candidate(SINGLE)
    assert shared == SPACE.candidate(SHARED, tuned)
    assert shared.hyperparameters["block.width"] == 2
    assert {part.graph.tasks: part.hyperparameters["block.width"] for part in single.parts} == {
        ("a",): 3,
        ("b",): 2,
    }
    other = problem.candidate(SHARED, {**tuned, "block.width": 1})
    assert other.hyperparameters["block.width"] == 1
