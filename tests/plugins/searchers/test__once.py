from random import Random

from pytest import mark

from automtl.core.candidate import Candidate
from automtl.core.searcher import SearchProblem
from automtl.core.space import Distribution, SearchSpace, Uniform
from automtl.core.trees import count_trees, enumerate_trees
from automtl_plugins.searchers._once import OnceSearcher


class Aimless(OnceSearcher):
    """Has nothing of its own to propose."""

    name = "aimless"
    citation = "https://en.wikipedia.org/wiki/Aimlessness"

    def _next(self, rng: Random) -> Candidate | None:
        return None


def aimless(tasks: str, **training: Distribution) -> Aimless:
    plugins = ({"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
    space = SearchSpace(2, *plugins, training)
    return Aimless(SearchProblem(space, tuple(tasks), space.default()))


def asked(searcher: Aimless, n: int) -> list[Candidate]:
    rng, found = Random(0), []
    for _ in range(n):
        found.append(searcher.ask(rng))
        searcher.tell(found[-1], None)
    return found


def test_no_candidate_comes_twice_though_the_trees_are_few() -> None:
    searcher = aimless("ab", learning_rate=Uniform(1e-4, 1e-2, log=True))
    found = asked(searcher, 5 * count_trees(2, 2))
    assert len(set(found)) == len(found)
    tuned = [c.graph for c in found if c.hyperparameters == searcher.problem.tuned]
    assert len(tuned) == count_trees(2, 2)


@mark.parametrize("tasks", ["a", "ab"])
def test_an_exhausted_space_repeats_itself_and_goes_on(tasks: str) -> None:
    found = asked(aimless(tasks), 10)
    assert len(set(found)) == count_trees(len(tasks), 2)


def test_what_will_not_do_is_avoided() -> None:
    searcher, rng, pending = aimless("ab"), Random(0), list[Candidate]()
    for _ in range(count_trees(2, 2)):
        pending.append(searcher.ask(rng, pending))
    assert len(set(pending)) == count_trees(2, 2)


def test_of_a_list_the_first_that_was_neither_told_nor_proposed_comes() -> None:
    searcher, trees = aimless("abc"), list(enumerate_trees("abc", 2))
    searcher.tell(searcher.problem.candidate(trees[1]), None)
    found = [searcher._first_new(trees) for _ in range(3)]
    assert found == [searcher.problem.candidate(trees[n]) for n in (0, 2, 3)]
    assert searcher._first_new(trees[:4]) is None
