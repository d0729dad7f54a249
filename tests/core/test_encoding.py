from random import Random

import numpy as np
from pytest import approx, mark

from automtl.core.candidate import Candidate, Scalar
from automtl.core.encoding import EXACT, Encoder
from automtl.core.graph import HARD, Node, TaskGraph
from automtl.core.moves import cascade
from automtl.core.space import Choice, SearchSpace, Uniform
from automtl.core.task import Floats
from automtl.core.trees import graph_of, label_trees, random_tree

TASKS = tuple("abcd")


def space(stages: int = 2) -> SearchSpace:
    return SearchSpace(
        stages,
        {HARD: {}, "mmoe": {}, "soft_l2": {"strength": Uniform(1e-4, 1.0, log=True)}},
        {
            "mlp": {"width": Choice((32, 64, 128))},
            "tabm": {"members": Uniform(2, 32, integer=True)},
        },
        {"sum": {}, "uncertainty": {}},
        {"constant": {}},
        {"learning_rate": Uniform(1e-4, 1e-2, log=True), "patience": Choice((5,))},
        cascades=True,
    )


def candidate(graph: TaskGraph, **values: Scalar) -> Candidate:
    return space(len(graph.stages)).candidate(graph, {**space().default(), **values})


def trees(n: int, tasks: tuple[str, ...] = TASKS, stages: int = 2) -> list[Candidate]:
    rng = Random(0)
    return [candidate(random_tree(tasks, stages, rng)) for _ in range(n)]


def companions(graph: TaskGraph, task: str) -> list[tuple[str, ...]]:
    return [node.tasks for node in graph.path(task)]


def products(features: Floats) -> Floats:
    """All inner products of candidates, ``[n_tasks, n, n]``."""
    return np.asarray(features @ features.transpose(0, 2, 1))


def test_a_task_is_encoded_by_its_own_sharing_alone() -> None:
    every = [candidate(graph_of(TASKS, labels)) for labels in label_trees(4, 2)]
    encoded = Encoder(space(), TASKS)(every)
    for at, task in enumerate(TASKS):
        keys = [tuple(companions(one.graph, task)) for one in every]
        for features in (encoded.linear, encoded.smooth):
            pairs = {(key, row.tobytes()) for key, row in zip(keys, features[at], strict=True)}
            assert len(pairs) == len({row for _, row in pairs}) == len(set(keys))


def test_pooled_features_are_of_helpers_or_of_numbers_but_not_of_both() -> None:
    """How often a task meets each other one, and how many it meets at each stage."""
    every = [candidate(graph_of(TASKS, labels)) for labels in label_trees(4, 2)]
    pooled = Encoder(space(), TASKS)(every).pooled
    for at, task in enumerate(TASKS):
        met = [companions(one.graph, task) for one in every]
        often = [tuple(sum(other in group for group in m) for other in TASKS) for m in met]
        many = [tuple(len(group) for group in m) for m in met]
        for keys, features in ((often, pooled[at, :, :4]), (many, pooled[at, :, 4:])):
            pairs = {(k, row.tobytes()) for k, row in zip(keys, features.round(9), strict=True)}
            assert len(pairs) == len({row for _, row in pairs}) == len(set(keys))


@mark.parametrize("n_tasks", [2, 5, EXACT])
def test_permuted_tasks_have_a_permuted_encoding(n_tasks: int) -> None:
    """The columns of helpers change their places too, so inner products are compared."""
    tasks = tuple(f"task {n:02}" for n in range(n_tasks))
    shuffled = tuple(Random(1).sample(tasks, n_tasks))
    some, place = trees(6, tasks), [tasks.index(task) for task in shuffled]
    one, other = Encoder(space(), tasks)(some), Encoder(space(), shuffled)(some)
    assert products(other.linear) == approx(products(one.linear)[place])
    assert products(other.pooled) == approx(products(one.pooled)[place])
    assert products(other.smooth) == approx(products(one.smooth)[place])


def test_renamed_tasks_have_the_same_encoding() -> None:
    names = dict(zip(TASKS, "qrst", strict=True))
    some = trees(6)
    renamed = [candidate(one.graph.rename(names)) for one in some]
    one, other = Encoder(space(), TASKS)(some), Encoder(space(), tuple("qrst"))(renamed)
    np.testing.assert_array_equal(one.linear, other.linear)
    np.testing.assert_array_equal(one.pooled, other.pooled)
    np.testing.assert_array_equal(one.smooth, other.smooth)


@mark.parametrize("n_tasks", [1, 4, 70])
@mark.parametrize("stages", [1, 3])
def test_trees_as_labels_and_as_candidates_are_encoded_alike(n_tasks: int, stages: int) -> None:
    tasks = tuple(f"task {n:02}" for n in range(n_tasks))
    encoder, some = Encoder(space(stages), tasks), trees(5, tasks, stages)
    values = some[0].hyperparameters
    by_labels, expected = encoder.trees(encoder.labels(some), values), encoder(some)
    assert by_labels.linear == approx(expected.linear)
    assert by_labels.smooth == approx(expected.smooth)


@mark.parametrize("n_tasks", [1, 4, 70])
def test_trees_in_which_tasks_alone_have_settings_of_their_own(n_tasks: int) -> None:
    tasks = tuple(f"task {n:02}" for n in range(n_tasks))
    shared = {**space().default(), "learning_rate": 0.01}
    alone = {task: {**shared, "block": "tabm"} for task in tasks[::2]}
    encoder = Encoder(space(), tasks, alone)
    some, rng = [TaskGraph.single_task(tasks, 2), TaskGraph.all_shared(tasks, 2)], Random(0)
    some += [random_tree(tasks, 2, rng) for _ in range(6)]
    full = [space().candidate(graph, shared, alone) for graph in some]
    by_labels, expected = encoder.trees(encoder.labels(full), shared), encoder(full)
    assert by_labels.pooled == approx(expected.pooled)
    assert by_labels.linear == approx(expected.linear)
    assert by_labels.smooth == approx(expected.smooth)


def test_who_is_alone_with_settings_of_its_own_is_encoded_as_nothing() -> None:
    """So its gain is that of the single-task anchor, whatever the others are given."""
    encoder = Encoder(space(), TASKS, ["c"])
    values = {**space().default(), "learning_rate": 0.01}
    encoded = encoder([space().candidate(TaskGraph.single_task(TASKS, 2), values)])
    for features in (encoded.linear, encoded.smooth):
        assert features.any(axis=(1, 2)).tolist() == [True, True, False, True]
    assert not encoded.pooled.any()


def test_a_label_is_the_number_of_a_node() -> None:
    groups = [[["a", "d"], ["b", "c"]], [["a"], ["b"], ["c"], ["d"]]]
    encoder, graph = Encoder(space(), tuple("dcba")), TaskGraph.from_groups(groups)
    label = encoder.label(graph)
    assert graph_of("dcba", label) == graph
    np.testing.assert_array_equal(encoder.labels([candidate(graph)]), label[None])


def test_trees_take_the_settings_of_another_candidate_but_not_its_graph() -> None:
    encoder = Encoder(space(), TASKS)
    graph = TaskGraph(((Node(TASKS, "mmoe"),), (Node(TASKS),)), (("a", "b"),))
    like = candidate(graph, learning_rate=0.01)
    hard = candidate(TaskGraph.all_shared(TASKS, 2), learning_rate=0.01)
    assert encoder.trees(encoder.labels([like]), like.hyperparameters).linear == approx(
        encoder([hard]).linear
    )


def test_who_shares_nothing_has_no_linear_features() -> None:
    """So the linear part says nothing of the single-task anchor, whose gains are zero."""
    middle = {"block.width": 64, "learning_rate": 1e-3}
    single = candidate(TaskGraph.single_task(TASKS, 2), **middle)
    encoded = Encoder(space(), TASKS)([single])
    assert encoded.linear == approx(0.0, abs=1e-3)
    assert not encoded.pooled.any()


@mark.parametrize("n_tasks", [2, 5, 30])
def test_the_scale_is_of_order_one(n_tasks: int) -> None:
    tasks = tuple(f"task {n:02}" for n in range(n_tasks))
    shared = candidate(TaskGraph.all_shared(tasks, 2), **{"block.width": 64, "learning_rate": 1e-3})
    encoded = Encoder(space(), tasks)([shared])
    for features in (encoded.linear, encoded.pooled):
        assert np.square(features).sum(axis=2) == approx(2.0)


@mark.parametrize("stage", [0, 1])
def test_effects_are_what_a_helper_adds(stage: int) -> None:
    encoder = Encoder(space(), TASKS)
    apart = [[[task] for task in TASKS]] * 2
    joined = [*apart]
    joined[stage] = [["a", "c"], ["b"], ["d"]]
    pair = [candidate(TaskGraph.from_groups(groups)) for groups in (apart, joined)]
    encoded = encoder(pair)
    encoded.pooled[:, :, -2:] = 0.0  # the logarithms of sizes
    for features, effects in zip(
        (encoded.linear, encoded.pooled), encoder.effects(stage), strict=True
    ):
        changed = features[:, 1] - features[:, 0]
        assert changed[TASKS.index("a")] == approx(effects[TASKS.index("c")])
        assert changed[TASKS.index("c")] == approx(effects[TASKS.index("a")])
        assert not changed[TASKS.index("b")].any()


def test_effects_add_up() -> None:
    encoder = Encoder(space(), TASKS)
    both = [TaskGraph.single_task(TASKS, 2), TaskGraph.all_shared(TASKS, 2)]
    encoded = encoder([candidate(graph) for graph in both])
    encoded.pooled[:, :, -2:] = 0.0  # the logarithms of sizes
    first, second = encoder.effects(0), encoder.effects(1)
    for features, *effects in zip((encoded.linear, encoded.pooled), first, second, strict=True):
        each = np.sum(effects, axis=0)
        for at in range(4):
            assert features[at, 1] - features[at, 0] == approx(each.sum(axis=0) - each[at])


def test_a_sketch_keeps_inner_products_on_average() -> None:
    n = 300
    tasks = tuple(f"task {number:03}" for number in range(n))
    encoder, rng = Encoder(space(), tasks), np.random.default_rng(0)
    labels = np.stack([rng.integers(groups, size=(2, n)) for groups in (5, 5, 20, 20, 80, 80)])
    assert encoder.sketch.shape[1] < n
    same = labels[:, :, :, None] == labels[:, :, None, :]
    same &= ~np.eye(n, dtype=bool)
    exact = np.einsum("asij,bsij->iab", same.astype(float), same.astype(float))
    sketched, _ = encoder._sharing(labels)
    found = np.einsum("asik,bsik->iab", sketched, sketched)
    assert (found - exact).mean() == approx(0.0, abs=0.1 * exact.mean())
    assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] > 0.9


@mark.parametrize("n_tasks", [EXACT, EXACT + 1])
def test_few_tasks_have_columns_of_their_own(n_tasks: int) -> None:
    sketch = Encoder(space(), [f"task {n:02}" for n in range(n_tasks)]).sketch
    assert (sketch.shape[1] == n_tasks) == (n_tasks <= EXACT)


@mark.parametrize(
    "values",
    [
        {"learning_rate": 0.01},
        {"block.width": 128},
        {"block": "tabm"},
        {"balancer": "uncertainty"},
    ],
)
def test_settings_are_seen_by_all_tasks(values: dict[str, Scalar]) -> None:
    graph = TaskGraph.all_shared(TASKS, 2)
    encoded = Encoder(space(), TASKS)([candidate(graph), candidate(graph, **values)])
    for features in (encoded.linear, encoded.smooth):
        assert (features[:, 0] != features[:, 1]).any(axis=1).all()


def test_what_cannot_vary_has_no_column() -> None:
    options = [name for name, _ in Encoder(space(), TASKS).options]
    assert options == [
        "block", "block.width", "block.members", "balancer", "primitive.soft_l2.strength",
        "learning_rate",
    ]  # fmt: skip


def test_a_primitive_is_seen_by_the_tasks_that_meet_in_it() -> None:
    hard = TaskGraph.from_groups([[["a", "b"], ["c", "d"]], [["a", "b"], ["c"], ["d"]]])
    stages = ((Node(("a", "b"), "mmoe"), Node(("c", "d"))), hard.stages[1])
    encoded = Encoder(space(), TASKS)([candidate(hard), candidate(TaskGraph(stages))])
    for features in (encoded.linear, encoded.smooth):
        differs = (features[:, 0] != features[:, 1]).any(axis=1)
        assert differs.tolist() == [True, True, False, False]


def test_a_cascade_is_seen_by_its_receiver() -> None:
    graph = TaskGraph.all_shared(TASKS, 2)
    both = [candidate(graph), candidate(cascade(graph, "a", "c"))]
    encoded = Encoder(space(), TASKS)(both)
    for features in (encoded.linear, encoded.smooth):
        differs = (features[:, 0] != features[:, 1]).any(axis=1)
        assert differs.tolist() == [False, False, True, False]


def test_one_task_shares_with_nobody() -> None:
    encoded = Encoder(space(), ("a",))([candidate(TaskGraph.all_shared("a", 2))])
    assert np.isfinite(encoded.linear).all()
    assert not encoded.pooled.any()
    assert np.isfinite(encoded.smooth).all()
