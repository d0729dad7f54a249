import dataclasses
import math
import random
from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from pytest import approx, mark, raises

from automtl.core.candidate import Scalar
from automtl.core.graph import HARD, Node, TaskGraph
from automtl.core.space import Choice, Distribution, SearchSpace, Uniform
from automtl.errors import SpaceError

SPACE = SearchSpace(
    stages=2,
    primitives={HARD: {}, "soft_l2": {"strength": Uniform(1e-4, 1.0, log=True)}},
    blocks={
        "mlp": {"width": Choice((32, 64, 128)), "dropout": Uniform(0.0, 0.5)},
        "tabm": {"members": Uniform(2, 32, integer=True)},
    },
    balancers={"equal": {}},
    schedules={"constant": {}, "cosine": {"floor": Uniform(0.0, 0.1)}},
    training={"learning_rate": Uniform(1e-4, 1e-1, log=True), "batch_size": Choice((64, 256))},
)

uniforms = st.one_of(
    st.builds(
        lambda ends, integer: Uniform(min(ends), max(ends), integer=integer),
        st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)),
        st.booleans(),
    ),
    st.builds(
        lambda ends: Uniform(min(ends), max(ends), log=True),
        st.tuples(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9)),
    ),
)
choices = st.builds(
    Choice,
    st.lists(st.integers() | st.booleans() | st.text(), min_size=1, max_size=4).map(tuple),
)


def lies_in(distribution: Distribution, value: Scalar) -> bool:
    if isinstance(distribution, Choice):
        return value in distribution.values
    assert isinstance(distribution, Uniform)
    assert isinstance(value, int | float)
    whole = not distribution.integer or isinstance(value, int)
    return whole and distribution.low <= value <= distribution.high


def check_lies_in_the_space(values: Mapping[str, Scalar]) -> None:
    """The right names are there, no others, and each has a value of its distribution."""
    registries = {"block": SPACE.blocks, "balancer": SPACE.balancers, "schedule": SPACE.schedules}
    expected: dict[str, Distribution] = dict(SPACE.training)
    for what, plugins in registries.items():
        expected[what] = Choice(tuple(plugins))
        options = plugins[str(values[what])]
        expected |= {f"{what}.{name}": options[name] for name in options}
    for primitive, options in SPACE.primitives.items():
        expected |= {f"primitive.{primitive}.{name}": options[name] for name in options}
    assert values.keys() == expected.keys()
    assert all(lies_in(expected[name], value) for name, value in values.items())


@given(distribution=uniforms | choices, rng=...)
def test_values_lie_in_their_distribution(distribution: Distribution, rng: random.Random) -> None:
    value = distribution.default
    for _ in range(5):
        assert lies_in(distribution, value)
        assert lies_in(distribution, distribution.sample(rng))
        value = distribution.mutate(value, rng)


@given(distribution=uniforms | choices, rng=...)
def test_places_lie_between_the_ends(distribution: Distribution, rng: random.Random) -> None:
    assert -1e-9 <= distribution.place(distribution.sample(rng)) <= 1 + 1e-9


@mark.parametrize(
    ("distribution", "values"),
    [
        (Choice((32, 64, 128)), (32, 64, 128)),
        (Choice(("a", "b", "c")), ("a", "b", "c")),
        (Uniform(-2, 4), (-2, 1, 4)),
        (Uniform(1e-4, 1e-2, log=True), (1e-4, 1e-3, 1e-2)),
    ],
)
def test_places_go_from_the_beginning_to_the_end(
    distribution: Distribution, values: tuple[Scalar, ...]
) -> None:
    assert [distribution.place(value) for value in values] == approx([0.0, 0.5, 1.0])


@mark.parametrize("distribution", [Choice((7,)), Uniform(7, 7), Uniform(7, 7, log=True)])
def test_all_of_one_value_is_at_the_beginning(distribution: Distribution) -> None:
    assert distribution.place(7) == 0


def test_a_stranger_to_a_choice_is_at_its_beginning() -> None:
    assert Choice((32, 64)).place(7) == 0


@given(rng=..., rate=st.floats(0, 1))
def test_hyperparameters_lie_in_the_space(rng: random.Random, rate: float) -> None:
    check_lies_in_the_space(SPACE.default())
    values = SPACE.sample(rng)
    for _ in range(3):
        check_lies_in_the_space(values)
        values = SPACE.mutate(values, rng, rate)


def test_the_first_of_everything_is_the_default() -> None:
    assert SPACE.default() == {
        "block": "mlp",
        "block.width": 32,
        "block.dropout": 0.25,
        "balancer": "equal",
        "schedule": "constant",
        "primitive.soft_l2.strength": 0.01,
        "learning_rate": 0.00316,
        "batch_size": 64,
    }


@given(rng=...)
def test_mutation_at_rate_zero_changes_nothing(rng: random.Random) -> None:
    values = SPACE.sample(rng)
    assert SPACE.mutate(values, rng, rate=0.0) == values


def test_sampling_reaches_everything() -> None:
    rng = random.Random(0)
    drawn = [SPACE.sample(rng) for _ in range(100)]
    assert {values["block"] for values in drawn} == {"mlp", "tabm"}
    assert {values.get("block.width") for values in drawn} == {None, 32, 64, 128}


@mark.parametrize(("value", "neighbours"), [(32, {32, 64}), (64, {32, 128}), (128, {64, 128})])
def test_numbers_mutate_to_their_neighbours(value: int, neighbours: set[int]) -> None:
    rng, choice = random.Random(0), Choice((32, 64, 128))
    assert {choice.mutate(value, rng) for _ in range(50)} == neighbours


@mark.parametrize("values", [("a", "b", "c"), (True, False), (1, "b", True)])
def test_other_choices_mutate_to_any(values: tuple[Scalar, ...]) -> None:
    rng, choice = random.Random(0), Choice(values)
    assert {choice.mutate(values[0], rng) for _ in range(50)} == set(values)


def test_mutation_of_a_stranger_draws_anew() -> None:
    rng, choice = random.Random(0), Choice((32, 64))
    assert {choice.mutate(7, rng) for _ in range(50)} == {32, 64}


def test_uniform_is_uniform_in_its_logarithm() -> None:
    rng, log = random.Random(0), Uniform(1e-4, 1e-2, log=True)
    drawn = [math.log10(float(log.sample(rng))) for _ in range(2000)]
    assert sum(drawn) / len(drawn) == approx(-3, abs=0.05)
    assert sum(value < -3.5 for value in drawn) / len(drawn) == approx(0.25, abs=0.03)


def test_mutation_of_a_uniform_stays_near() -> None:
    rng, uniform = random.Random(0), Uniform(0, 100)
    drawn = [float(uniform.mutate(50, rng)) - 50 for _ in range(2000)]
    assert math.sqrt(sum(d * d for d in drawn) / len(drawn)) == approx(20, rel=0.1)


def test_a_point_is_a_range() -> None:
    rng = random.Random(0)
    for point in (Uniform(0.123456, 0.123456), Uniform(0.123456, 0.123456, log=True)):
        assert point.default == point.sample(rng) == point.mutate(0.5, rng) == 0.123456


@given(...)
def test_a_candidate_has_no_options_of_primitives_it_lacks(
    graph: TaskGraph, rng: random.Random
) -> None:
    values = SPACE.sample(rng)
    candidate = SPACE.candidate(graph, values)
    assert candidate.graph == graph
    used = "soft_l2" in graph.primitives
    assert ("primitive.soft_l2.strength" in candidate.hyperparameters) == used
    assert set(values) - set(candidate.hyperparameters) <= {"primitive.soft_l2.strength"}
    assert all(values[name] == value for name, value in candidate.hyperparameters.items())


@given(rng=..., other=...)
def test_candidates_that_differ_in_unused_options_are_one(
    rng: random.Random, other: random.Random
) -> None:
    graph, values, strength = TaskGraph.all_shared("ab", 2), SPACE.sample(rng), SPACE.sample(other)
    changed = values | {"primitive.soft_l2.strength": strength["primitive.soft_l2.strength"]}
    assume(changed != values)
    assert SPACE.candidate(graph, values) == SPACE.candidate(graph, changed)
    soft = TaskGraph(((Node(("a", "b"), "soft_l2"),),))
    assert SPACE.candidate(soft, values) != SPACE.candidate(soft, changed)


@given(...)
def test_only_tasks_alone_in_their_part_have_settings_of_their_own(graph: TaskGraph) -> None:
    values = SPACE.default()
    alone = {task: {**values, "batch_size": 256} for task in (*graph.tasks, "a stranger")}
    single = {part.tasks[0] for part in graph.parts if len(part.tasks) == 1}
    assert SPACE.candidate(graph, values, alone).alone.keys() == single
    assert not SPACE.candidate(graph, values, dict.fromkeys(graph.tasks, values)).alone


@mark.parametrize(
    ("change", "message"),
    [
        ({"stages": 0}, "`stages >= 1` must hold, but got 0"),
        ({"blocks": {}}, "at least one of its blocks"),
        ({"balancers": {}}, "at least one of its balancers"),
        ({"schedules": {}}, "at least one of its schedules"),
        ({"primitives": {}}, "at least one of its primitives"),
        ({"primitives": {"soft_l2": {}}}, "include 'hard'"),
    ],
)
def test_a_space_that_cannot_be_searched(change: dict[str, Any], message: str) -> None:
    with raises(SpaceError, match=message):
        dataclasses.replace(SPACE, **change)


@mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 2, "high": 1}, "`low <= high`, both finite, but got low=2, high=1"),
        ({"low": math.nan, "high": 1}, "`low <= high`"),
        ({"low": 0, "high": math.inf}, "both finite"),
        ({"low": 0, "high": 1, "log": True}, "with `log` has `low > 0`, but got low=0"),
        ({"low": 0.5, "high": 2, "integer": True}, "whole limits, but got low=0.5, high=2"),
    ],
)
def test_a_range_that_is_none(arguments: dict[str, Any], message: str) -> None:
    with raises(SpaceError, match=message):
        Uniform(**arguments)


def test_a_choice_of_nothing() -> None:
    with raises(SpaceError, match="at least one value"):
        Choice(())


def test_another_plugin_has_its_own_defaults_and_all_else_stays() -> None:
    values = {**SPACE.sample(random.Random(3)), "learning_rate": 0.02, "block": "mlp"}
    changed = SPACE.instead(values, "block", "tabm")
    assert changed["block"] == "tabm"
    own = {name for name in changed if name.startswith("block.")}
    tabm = SPACE.blocks["tabm"]
    assert own == {f"block.{name}" for name in tabm}
    assert all(changed[name] == tabm[name.removeprefix("block.")].default for name in own)
    kept = changed.keys() - own - {"block"}
    assert {name: changed[name] for name in kept} == {
        name: value for name, value in values.items() if not name.startswith("block")
    }
