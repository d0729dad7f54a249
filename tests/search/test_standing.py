from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pytest import approx, mark

from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.objective import Objective
from automtl.core.trial import Order, Phase, Result, Status, Trial
from automtl.search.entry import Estimate
from automtl.search.standing import Standing

Make = Callable[..., Candidate]
End = Callable[..., Trial]

SINGLE = TaskGraph.single_task("ab", 2)
SHARED = TaskGraph.all_shared("ab", 2)
FORK = TaskGraph.from_groups([["ab"], ["a", "b"]])
CONSTANTS = {"a": 1.0, "b": 10.0}


def _errors(share: float) -> Mapping[str, float]:
    """Errors that are this share of a constant prediction's."""
    return {task: share * constant for task, constant in CONSTANTS.items()}


def test_gains_are_paired_by_seed(candidate: Make, ended: End) -> None:
    """A seed that is harder for both is no loss; the unit is the anchor's mean error, 0.65."""
    single, fork = candidate(SINGLE), candidate(FORK)
    trials = [
        ended(single, _errors(0.5), 0, Phase.ANCHORS),
        ended(single, _errors(0.8), 1, Phase.FINALISTS),
        ended(fork, _errors(0.4), 0),
        ended(fork, _errors(0.64), 1, Phase.FINALISTS),
        ended(fork, _errors(0.1), 2, Phase.FINALISTS),  # the anchor has no such seed
    ]
    standing = Standing(trials, CONSTANTS)
    first, second = standing.ranking
    assert first.candidate == fork
    assert len(first.trials) == 2
    for gain in (first.mean, *first.gains.values()):
        assert gain.mean == approx(0.2)
    assert standing.gains(trials[2]) == approx(dict.fromkeys("ab", 0.1 / 0.65))
    assert standing.gains(trials[3]) == approx(dict.fromkeys("ab", 0.16 / 0.65))
    # Of a seed that the anchor lacks, its mean error, 0.65, is the zero point.
    assert standing.gains(trials[4]) == approx(dict.fromkeys("ab", 0.55 / 0.65))
    assert second.mean == Estimate(0.0, 0.0)


def test_gains_are_of_the_same_rows(candidate: Make, ended: End) -> None:
    single, fork = candidate(SINGLE), candidate(FORK)
    first = ended(single, _errors(0.5), 0, Phase.ANCHORS)
    on = partial(_on_fold, ended)
    trials = [
        first,
        on(single, 0.8, 1, (0, 2)),
        ended(fork, _errors(0.4), 0),
        on(fork, 0.6, 1, (0, 2)),
        on(fork, 0.1, 2, (1, 2)),  # the anchor has not been judged there
        on(fork, 0.1, 1, (0, 3)),  # nor there
        on(fork, 0.4, 5, (0, 2)),  # but there, with another seed
    ]
    standing = Standing(trials, CONSTANTS)
    best = standing.ranking[0]
    assert best.trials == (trials[3],)  # the anchor was tuned on the division of the others
    assert best.mean.mean == approx(0.2 / 0.65)
    assert standing.gains(trials[2]) == approx(dict.fromkeys("ab", 0.1 / 0.65))
    assert standing.gains(trials[4]) is None
    assert standing.gains(trials[5]) is None
    assert standing.gains(trials[6]) == approx(dict.fromkeys("ab", 0.4 / 0.65))


def _on_fold(
    ended: End, candidate: Candidate, error: float, seed: int, bag: tuple[int, int]
) -> Trial:
    """A training that left out a fold."""
    trial = ended(candidate, _errors(error), seed, Phase.FINALISTS)
    return replace(trial, order=replace(trial.order, bag=bag))


def test_anchors_are_named_ranked_and_the_best_of_their_settings(
    candidate: Make, ended: End
) -> None:
    trials = [
        ended(candidate(graph, learning_rate=rate), _errors(error), 0, Phase.ANCHORS)
        for graph, rate, error in (
            (SHARED, 0.1, 0.7), (SINGLE, 0.1, 0.6), (SHARED, 0.2, 0.5), (SINGLE, 0.2, 0.9),
        )
    ]  # fmt: skip
    standing = Standing(trials, CONSTANTS)
    assert standing.single is trials[1]
    assert standing.shared is trials[2]
    assert [entry.anchor for entry in standing.ranking] == ["all-shared", "single-task", "", ""]


def test_a_searched_candidate_is_no_anchor_whatever_its_graph(candidate: Make, ended: End) -> None:
    anchor = ended(candidate(SINGLE), _errors(0.5), 0, Phase.ANCHORS)
    better = ended(candidate(SINGLE, learning_rate=0.2), _errors(0.4), 0, Phase.GRAPHS)
    standing = Standing([anchor, better], CONSTANTS)
    assert standing.single is anchor
    assert standing.ranking[0].anchor == ""


def test_of_one_task_both_anchors_are_one(candidate: Make, ended: End) -> None:
    alone = candidate(TaskGraph.single_task("a", 1))
    standing = Standing([ended(alone, {"a": 0.5}, 0, Phase.ANCHORS)], {"a": 1.0})
    assert standing.single is standing.shared
    assert [entry.anchor for entry in standing.ranking] == ["single-task"]


def test_ties_stay_in_the_order_in_which_they_ended(candidate: Make, ended: End) -> None:
    graphs = (SHARED, SINGLE, FORK)
    trials = [ended(candidate(graph), _errors(0.5), 0, Phase.ANCHORS) for graph in graphs]
    assert [e.candidate.graph for e in Standing(trials, CONSTANTS).ranking] == [*graphs]


def test_several_seeds_come_first_however_lucky_one_seed_was(candidate: Make, ended: End) -> None:
    single, fork, lucky = candidate(SINGLE), candidate(FORK), candidate(FORK, learning_rate=0.5)
    trials = [
        ended(single, _errors(0.5), 0, Phase.ANCHORS),
        ended(lucky, _errors(0.01), 0),
        ended(fork, _errors(0.4), 0),
        ended(single, _errors(0.5), 1, Phase.FINALISTS),
        ended(fork, _errors(0.4), 1, Phase.FINALISTS),
    ]
    ranking = Standing(trials, CONSTANTS).ranking
    assert [entry.candidate for entry in ranking] == [fork, single, lucky]


@mark.parametrize(
    ("second", "parameters", "wins"),
    [(0.52, 200, False), (0.52, 50, True), (0.3999, 200, True)],
)
def test_parameters_are_not_spent_on_luck(
    candidate: Make, ended: End, second: float, parameters: int, wins: bool
) -> None:
    single, fork = candidate(SINGLE), candidate(FORK)

    def sized(trial: Trial, size: int) -> Trial:
        return replace(trial, result=replace(trial.result, parameters=size))

    trials = [
        sized(ended(single, _errors(0.5), 0, Phase.ANCHORS), 100),
        sized(ended(single, _errors(0.5), 1, Phase.FINALISTS), 100),
        sized(ended(fork, _errors(0.4), 0), parameters),
        sized(ended(fork, _errors(second), 1, Phase.FINALISTS), parameters),
    ]
    best, *_ = Standing(trials, CONSTANTS).ranking
    assert (best.candidate == fork) == wins
    assert best.mean.mean >= 0


def test_failed_and_cut_trials_are_not_ranked(candidate: Make, ended: End) -> None:
    single = ended(candidate(SINGLE), _errors(0.5), 0, Phase.ANCHORS)
    failed = ended(candidate(FORK), {}, reason="ValueError: no")
    order = Order(candidate(SHARED), 0, Phase.ANCHORS)
    cut = Trial(order, Result(Status.CUT, "the budget ended", _errors(0.1)))
    standing = Standing([failed, cut, single], CONSTANTS)
    assert [entry.trials for entry in standing.ranking] == [(single,)]
    assert standing.shared is None


def test_without_a_single_task_anchor_nothing_can_be_compared(candidate: Make, ended: End) -> None:
    shared = ended(candidate(SHARED), _errors(0.5), 0, Phase.ANCHORS)
    standing = Standing([shared], CONSTANTS)
    assert standing.single is None
    assert standing.ranking == []
    assert standing.gains(shared) is None
    assert Standing([], CONSTANTS).ranking == []


def test_a_constant_that_is_perfect_already_is_no_scale(candidate: Make, ended: End) -> None:
    trial = ended(candidate(SINGLE), {"a": 0.5, "b": 0.25}, 0, Phase.ANCHORS)
    standing = Standing([trial], {"a": 1.0, "b": 0.0})
    assert standing.relative(trial) == 0.375
    assert standing.ranking[0].mean.mean == 0.0


def test_a_diverged_graph_is_ranked_last(candidate: Make, ended: End) -> None:
    trials = [
        ended(candidate(SINGLE), _errors(0.5), 0, Phase.ANCHORS),
        ended(candidate(FORK), {"a": float("inf"), "b": 1.0}),
        ended(candidate(SINGLE), _errors(0.5), 1, Phase.FINALISTS),
        ended(candidate(FORK), {"a": 0.1, "b": 1.0}, 1, Phase.FINALISTS),
    ]
    last = Standing(trials, CONSTANTS).ranking[-1]
    assert last.candidate.graph == FORK
    assert last.mean.half_width is None


def _finals(single: Candidate, *others: tuple[Candidate, Mapping[str, float]]) -> list[Trial]:
    """Everyone with three seeds; the anchor's errors are half a constant prediction's."""
    everyone = [(single, _errors(0.5)), *others]
    phases = [Phase.ANCHORS, Phase.FINALISTS, Phase.FINALISTS]
    return [
        Trial(Order(candidate, seed, phase), Result(Status.DONE, errors=errors, parameters=size))
        for size, (candidate, errors) in enumerate(everyone, start=1)
        for seed, phase in enumerate(phases)
    ]


def test_what_harms_a_task_is_behind_what_harms_none(candidate: Make) -> None:
    single, greedy, modest = candidate(SINGLE), candidate(SHARED), candidate(FORK)
    trials = _finals(single, (greedy, {"a": 0.1, "b": 5.1}), (modest, _errors(0.49)))
    ranking = Standing(trials, CONSTANTS).ranking
    assert [entry.candidate for entry in ranking] == [modest, single, greedy]


def test_with_one_task_a_larger_network_needs_no_proof(candidate: Make) -> None:
    alone = TaskGraph.single_task("a", 2)
    lucky, larger = candidate(alone), candidate(alone, learning_rate=0.5)
    errors = {lucky: (0.5, 0.6, 0.6), larger: (0.51, 0.5, 0.58)}
    phases = [Phase.ANCHORS, Phase.FINALISTS, Phase.FINALISTS]
    trials = [
        Trial(Order(one, seed, phase), Result(Status.DONE, errors={"a": error}, parameters=size))
        for size, (one, found) in enumerate(errors.items(), start=1)
        for seed, (phase, error) in enumerate(zip(phases, found, strict=True))
    ]
    first = Standing(trials, {"a": 1.0}).ranking[0]
    assert first.candidate == larger
    assert first.mean.half_width > first.mean.mean > 0


def test_what_breaks_a_limit_is_behind_what_keeps_it(candidate: Make) -> None:
    single, large = candidate(SINGLE), candidate(FORK)
    trials = _finals(single, (large, _errors(0.1)))
    assert Standing(trials, CONSTANTS).ranking[0].candidate == large
    ranking = Standing(trials, CONSTANTS, Objective(max_parameters=1)).ranking
    assert [entry.candidate for entry in ranking] == [single, large]


def test_where_nothing_keeps_the_limits_there_is_a_ranking_and_no_front(candidate: Make) -> None:
    trials = _finals(candidate(SINGLE), (candidate(FORK), _errors(0.1)))
    standing = Standing(trials, CONSTANTS, Objective(("parameters",), max_parameters=0))
    assert standing.ranking[0].candidate.graph == FORK
    assert standing.front == []


def test_the_winner_is_the_first_of_the_front(candidate: Make) -> None:
    others = [(candidate(FORK, learning_rate=0.1 * n), _errors(0.4)) for n in (1, 2)]
    lucky = Trial(Order(candidate(SHARED), 0, Phase.GRAPHS), Result(Status.DONE, "", _errors(0.1)))
    trials = [*reversed(_finals(candidate(SINGLE), *others)), lucky]
    standing = Standing(trials, CONSTANTS, Objective(("parameters",)))
    assert standing.ranking[0] is standing.front[0]
    assert [e.candidate for e in standing.front] == [others[0][0], candidate(SINGLE)]


def test_low_fidelity_is_no_evidence(candidate: Make, ended: End) -> None:
    single = ended(candidate(SINGLE), _errors(0.5), 0, Phase.ANCHORS)
    order = Order(candidate(FORK), 0, Phase.GRAPHS, fidelity=0.3)
    short = Trial(order, Result(Status.DONE, errors=_errors(0.1)))
    standing = Standing([single, short], CONSTANTS)
    assert [entry.candidate for entry in standing.ranking] == [single.candidate]
    assert standing.gains(short) is not None


def test_the_anchor_of_each_tasks_own_best_settings_goes_first(candidate: Make, ended: End) -> None:
    plain = ended(candidate(SINGLE), _errors(0.5), 0, Phase.ANCHORS)
    values = candidate(SINGLE).hyperparameters
    own = Candidate(SINGLE, values, {"a": {**values, "learning_rate": 0.5}})
    composed = ended(own, _errors(0.6), 0, Phase.ANCHORS)
    assert Standing([plain, composed], CONSTANTS).single is composed
    assert Standing([composed, plain], CONSTANTS).single is composed
