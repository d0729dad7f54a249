import json
from random import Random

import numpy as np
from pytest import approx, mark

from automtl.core.affinity import Affinity, freeze
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.searcher import SearchProblem, Telling
from automtl.core.space import SearchSpace
from automtl.core.surrogate import MEMORY, MOST, PROJECTED, WORST, Surrogate
from automtl.core.task import Floats
from automtl.core.trees import graph_of, label_trees, random_tree

TASKS = tuple("abcd")
STAGES = 2
SPACE = SearchSpace(STAGES, {"hard": {}}, {"mlp": {}}, {"sum": {}}, {"constant": {}})
APART = 1.0 - np.eye(len(TASKS))


def help_of(seed: int = 0) -> Floats:
    """What each helper adds to each receiver at each stage, ``[stages, tasks, tasks]``."""
    drawn = np.random.default_rng(seed).normal(size=(STAGES, len(TASKS), len(TASKS)))
    return np.asarray(0.05 * drawn * APART)


def gains(graph: TaskGraph, helps: Floats, noise: float = 0.0, seed: int = 0) -> dict[str, float]:
    """The sum of what all helpers add, and noise."""
    found = noise * np.random.default_rng(seed).normal(size=len(TASKS))
    for stage, nodes in enumerate(graph.stages):
        for node in nodes:
            members = [TASKS.index(task) for task in node.tasks]
            found[members] += helps[stage][np.ix_(members, members)].sum(axis=1)
    return dict(zip(TASKS, found.tolist(), strict=True))


def affinity(mean: Floats) -> Affinity:
    frozen = freeze(mean.tolist())
    return Affinity(TASKS, frozen, frozen, "made up")


def problem(measured: Floats | None = None) -> SearchProblem:
    return SearchProblem(
        SPACE, TASKS, SPACE.default(), None if measured is None else affinity(measured)
    )


def every_tree() -> list[Candidate]:
    return [problem().candidate(graph_of(TASKS, tree)) for tree in label_trees(len(TASKS), STAGES)]


def told(
    surrogate: Surrogate, n: int, helps: Floats, noise: float = 0.0, seed: int = 0
) -> Surrogate:
    """Told of both anchors and ``n`` random trees."""
    rng = Random(seed)
    anchors = [TaskGraph.single_task(TASKS, STAGES), TaskGraph.all_shared(TASKS, STAGES)]
    for at, graph in enumerate([*anchors, *(random_tree(TASKS, STAGES, rng) for _ in range(n))]):
        surrogate.tell(problem().candidate(graph), gains(graph, helps, noise, 1000 * seed + at))
    return surrogate


def error(surrogate: Surrogate, helps: Floats) -> float:
    """The root mean square error of the predicted mean gains of all trees."""
    every = every_tree()
    truth = [np.mean(list(gains(candidate.graph, helps).values())) for candidate in every]
    mean, _ = surrogate.predict(every)
    return float(np.sqrt(np.square(mean.mean(axis=1) - truth).mean()))


def learned(seed: int, *, shrinkage: bool) -> tuple[float, float]:
    """The rank correlation of learned and true effects, and how many clear ones have their sign."""
    helps = help_of(seed)
    surrogate = told(Surrogate(problem(), shrinkage=shrinkage), 60, helps, seed=seed)
    pairs = np.broadcast_to(APART, helps.shape) > 0
    found, truth = np.array(surrogate.affinity().mean)[pairs], helps[pairs]
    ranks = np.corrcoef(found.argsort().argsort(), truth.argsort().argsort())
    signs = np.sign(found) == np.sign(truth)
    return float(ranks[0, 1]), float(signs[np.abs(truth) > 0.03].mean())


@mark.parametrize("seed", range(3))
@mark.parametrize("shrinkage", [True, False])
def test_noiseless_gains_teach_who_helps_whom(seed: int, *, shrinkage: bool) -> None:
    """With shrinkage too: what is special to a helper at a stage, the smooth part explains."""
    correlation, signs = learned(seed, shrinkage=shrinkage)
    assert correlation > 0.95
    assert signs == 1.0


@mark.parametrize("shrinkage", [True, False])
def test_the_affinity_has_the_size_of_the_effects(*, shrinkage: bool) -> None:
    """Shrinkage moves effects towards common ones while little is known, not for ever."""
    helps = help_of(1)
    found = told(Surrogate(problem(), shrinkage=shrinkage), 60, helps).affinity()
    pairs = np.broadcast_to(APART, helps.shape) > 0
    slope = np.polyfit(helps[pairs], np.array(found.mean)[pairs], 1)[0]
    assert slope == approx(1.0, abs=0.15)


def test_the_linear_part_alone_has_less_of_the_effects_than_the_whole_posterior() -> None:
    helps = help_of()
    pairs = np.broadcast_to(APART, helps.shape) > 0
    surrogate = told(Surrogate(problem()), 60, helps)
    errors = [
        np.square(np.array(found.mean) - helps)[pairs].mean()
        for found in (surrogate.affinity(), surrogate.slopes())
    ]
    assert errors[0] < errors[1]


def test_both_affinities_are_of_one_form() -> None:
    surrogate = told(Surrogate(problem()), 5, help_of())
    whole, linear = surrogate.affinity(), surrogate.slopes()
    assert (whole.tasks, whole.estimator) == (linear.tasks, linear.estimator)
    assert np.shape(whole.mean) == np.shape(linear.mean) == (STAGES, 4, 4)
    assert np.array(linear.std)[:, APART > 0].min() > 0


def test_what_is_measured_is_in_the_affinity_with_its_weight() -> None:
    """Five trainings could not tell that much of each helper."""
    helps = help_of()
    surrogate = told(Surrogate(problem(helps)), 3, helps)
    assert surrogate.posterior().weight > 0
    pairs = np.broadcast_to(APART, helps.shape) > 0
    for found in (surrogate.affinity(), surrogate.slopes()):
        assert np.corrcoef(np.array(found.mean)[pairs], helps[pairs])[0, 1] > 0.7


@mark.parametrize("n_tasks", [12, PROJECTED + 1])
def test_of_many_tasks_the_affinity_is_that_of_the_linear_part(n_tasks: int) -> None:
    tasks = tuple(f"task {n:02}" for n in range(n_tasks))
    many, rng = SearchProblem(SPACE, tasks, SPACE.default()), Random(0)
    surrogate = Surrogate(many)
    for _ in range(3):
        candidate = many.candidate(random_tree(tasks, STAGES, rng))
        surrogate.tell(candidate, {task: rng.gauss(0.0, 0.1) for task in tasks})
    assert (surrogate.affinity() == surrogate.slopes()) == (n_tasks > PROJECTED)


def test_the_posterior_is_an_affinity() -> None:
    found = told(Surrogate(problem()), 5, help_of()).affinity()
    mean, std = np.array(found.mean), np.array(found.std)
    assert mean.shape == std.shape == (STAGES, 4, 4)
    assert found.tasks == TASKS
    assert not np.diagonal(mean, axis1=1, axis2=2).any()
    assert (std[:, APART > 0] > 0).all()
    assert Affinity.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_more_trainings_make_the_affinity_surer() -> None:
    stds = [np.mean(told(Surrogate(problem()), n, help_of()).affinity().std) for n in (4, 16, 64)]
    assert stds == sorted(stds, reverse=True)


@mark.parametrize("seed", range(3))
def test_a_misleading_affinity_is_unlearned(seed: int) -> None:
    helps = help_of(seed)
    misled = told(Surrogate(problem(-helps)), 40, helps, seed=seed)
    unaware = told(Surrogate(problem()), 40, helps, seed=seed)
    assert misled.posterior().weight < 0.1
    assert error(misled, helps) < 1.1 * error(unaware, helps) + 1e-4


def test_an_affinity_of_nothing_is_given_no_weight() -> None:
    weights = [
        told(Surrogate(problem(help_of(seed + 50))), 60, help_of(seed), seed=seed)
        .posterior()
        .weight
        for seed in range(6)
    ]
    assert np.mean(weights) == approx(0.0, abs=0.25)


@mark.parametrize("seed", range(3))
def test_a_helpful_affinity_predicts_better_while_little_is_known(seed: int) -> None:
    helps = help_of(seed)
    aware = told(Surrogate(problem(10 * helps)), 4, helps, seed=seed)  # on a scale of its own
    unaware = told(Surrogate(problem()), 4, helps, seed=seed)
    assert error(aware, helps) < 0.7 * error(unaware, helps)


def test_without_the_prior_the_measured_affinity_is_not_used() -> None:
    helps = help_of()
    ignoring = told(Surrogate(problem(helps), prior=False), 6, helps)
    unaware = told(Surrogate(problem()), 6, helps)
    for one, other in zip(
        ignoring.predict(every_tree()), unaware.predict(every_tree()), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_shrinkage_learns_a_common_effect_sooner() -> None:
    """All helpers help alike: the levels above the single helper say so after few trees."""
    helps = np.broadcast_to(0.05 * APART, (STAGES, 4, 4))
    errors = [
        np.mean(
            [
                error(told(Surrogate(problem(), shrinkage=on), 5, helps, 0.02, seed), helps)
                for seed in range(4)
            ]
        )
        for on in (True, False)
    ]
    assert errors[0] < errors[1]


@mark.parametrize("sign", [1.0, -1.0])
def test_no_sign_is_built_in(sign: float) -> None:
    """Where all sharing helps all-shared is the best of all trees, where it hurts, single-task."""
    helps = np.broadcast_to(sign * 0.05 * APART, (STAGES, 4, 4))
    every = every_tree()
    mean, _ = told(Surrogate(problem()), 12, helps).predict(every)
    best = every[int(mean.mean(axis=1).argmax())].graph
    anchor = TaskGraph.all_shared if sign > 0 else TaskGraph.single_task
    assert best == anchor(TASKS, STAGES)


def test_repeated_seeds_make_a_candidate_surer() -> None:
    helps, graph = help_of(), TaskGraph.all_shared(TASKS, STAGES)
    surrogate, candidate = told(Surrogate(problem()), 10, helps, 0.05), problem().candidate(graph)
    kernel = surrogate.kernel()
    before = surrogate.predict([candidate])[1] / np.sqrt(surrogate.posterior().variance)
    for seed in range(4):
        surrogate.tell(candidate, gains(graph, helps, 0.05, seed))
    surrogate._kernel = (11, kernel)  # as it was: less noise would lower the variance too
    after = surrogate.predict([candidate])[1] / np.sqrt(surrogate.posterior().variance)
    assert (after < 0.9 * before).all()


def test_the_mean_of_many_seeds_is_believed() -> None:
    helps, graph = help_of(), TaskGraph.all_shared(TASKS, STAGES)
    surrogate, candidate = told(Surrogate(problem()), 10, helps, 0.05), problem().candidate(graph)
    seen = [gains(graph, helps, 0.05, seed) for seed in range(40)]
    for one in seen:
        surrogate.tell(candidate, one)
    mean, std = surrogate.predict([candidate])
    expected = np.mean([[one[task] for task in TASKS] for one in seen], axis=0)
    assert (np.abs(mean[0] - expected) < 0.02).all()
    assert (std < 0.05).all()


def test_what_is_pending_lowers_the_variance_and_leaves_the_mean() -> None:
    surrogate, every = told(Surrogate(problem()), 6, help_of()), every_tree()
    encoded, labels = surrogate.encoder(every), surrogate.encoder.labels(every)
    mean, variance = surrogate.judge(encoded, labels)
    again, lower = surrogate.judge(encoded, labels, every[40:42])
    np.testing.assert_array_equal(mean, again)
    assert (lower <= variance + 1e-12).all()
    assert (lower[40:42] < variance[40:42]).any()


def test_the_measured_affinity_alone_is_added_up_over_stages_and_helpers() -> None:
    helps, every = help_of(), every_tree()
    surrogate = Surrogate(problem(helps))
    found = surrogate.expected(surrogate.encoder.labels(every))
    for row, candidate in zip(found, every, strict=True):
        assert row.tolist() == approx(list(gains(candidate.graph, helps).values()))


def test_a_measurement_in_another_order_or_with_gaps_is_understood() -> None:
    helps, place = help_of(), [2, 0, 3, 1]
    shuffled = helps[:, place][:, :, place]
    shuffled[0, 0, 1] = np.nan  # what task a does to task c
    frozen = freeze(shuffled.tolist())
    names = tuple(TASKS[at] for at in place)
    measured = Affinity(names, frozen, frozen, "made up")
    surrogate = Surrogate(SearchProblem(SPACE, TASKS, SPACE.default(), measured))
    expected = helps.copy()
    expected[0, 2, 0] = 0.0
    assert surrogate.measured == approx(expected)


def test_a_hopeless_failure_counts_as_the_worst() -> None:
    graph = TaskGraph.all_shared(TASKS, STAGES)
    pair = []
    for gain in (WORST, -1e6):
        surrogate = told(Surrogate(problem()), 5, help_of())
        surrogate.tell(problem().candidate(graph), dict.fromkeys(TASKS, gain))
        pair.append(surrogate.predict(every_tree())[0])
    np.testing.assert_array_equal(pair[0], pair[1])


def test_told_the_same_it_predicts_the_same() -> None:
    """Whenever it was asked in between, and through JSON."""
    helps, rng = help_of(), Random(3)
    asked, resumed = Surrogate(problem(helps)), Surrogate(problem(helps))
    for at in range(20):
        graph = random_tree(TASKS, STAGES, rng)
        telling = Telling(problem().candidate(graph), gains(graph, helps, 0.05, at), {})
        asked.tell(telling.candidate, telling.gains or {})
        asked.predict(every_tree()[:3])
        again = Telling.from_json(json.loads(json.dumps(telling.to_json())))
        resumed.tell(again.candidate, again.gains or {})
    for one, other in zip(asked.predict(every_tree()), resumed.predict(every_tree()), strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_thousands_of_trials_some_hundreds_are_used() -> None:
    helps, surrogate, every = help_of(), Surrogate(problem()), every_tree()
    n = 2000
    for at in range(n):
        candidate = every[at % len(every)]
        surrogate.tell(candidate, gains(candidate.graph, helps, 0.01, at))
    assert len(surrogate) == n
    assert len(surrogate.posterior().observed) <= MOST
    assert error(surrogate, helps) < 0.02


def test_the_best_and_the_last_are_used() -> None:
    surrogate, every = Surrogate(problem()), every_tree()
    for at in range(1000):
        gain = 0.9 if at in (3, 400) else -at / 1e4
        surrogate.tell(every[at % len(every)], dict.fromkeys(TASKS, gain))
    rows = surrogate._chosen(1000, MOST)
    assert len(rows) == len(set(rows)) == MOST
    assert {3, 400, *range(1000 - MOST // 2, 1000)} <= set(rows)
    assert surrogate._chosen(100, MOST) == list(range(100))


@mark.parametrize("n_tasks", [2, 20, 1000])
def test_more_tasks_are_judged_by_fewer_observations(n_tasks: int) -> None:
    """So that memory and time stay within bounds."""
    tasks = tuple(f"task {n:03}" for n in range(n_tasks))
    many, rng = SearchProblem(SPACE, tasks, SPACE.default()), Random(0)
    surrogate, n = Surrogate(many), 40
    candidates = [many.candidate(random_tree(tasks, STAGES, rng)) for _ in range(4)]
    for at in range(n):
        surrogate.tell(candidates[at % 4], {task: rng.gauss(0.0, 0.1) for task in tasks})
    used = len(surrogate.posterior().observed)
    assert n_tasks * used**2 <= MEMORY
    assert used == n or n_tasks * n**2 > MEMORY


def test_one_task_has_a_gain_too() -> None:
    alone = SearchProblem(SPACE, ("a",), SPACE.default())
    surrogate, candidate = Surrogate(alone), alone.candidate(TaskGraph.all_shared("a", STAGES))
    for gain in (0.1, 0.12):
        surrogate.tell(candidate, {"a": gain})
    mean, std = surrogate.predict([candidate])
    assert mean.shape == std.shape == (1, 1)
    assert np.isfinite([mean, std]).all()
    assert surrogate.affinity().mean == (((0.0,),),) * STAGES
