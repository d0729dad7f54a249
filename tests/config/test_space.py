from collections.abc import Callable
from pathlib import Path
from random import Random

from pytest import fixture, mark, raises

from automtl.config.marks import read
from automtl.config.marks import write as to_yaml
from automtl.config.space import SPACES, misfit, open_space, read_space, written
from automtl.core.space import Choice, Distribution, SearchSpace, Uniform
from automtl.errors import ConfigError

REST = """
blocks: {mlp: {width: [32, 64], dropout: {low: 0, high: 0.5}, layers: 2}}
balancers: {sum: }
schedules: [constant]
"""


@fixture
def space(write: Callable[..., Path]) -> Callable[[str], SearchSpace]:
    return lambda text: read_space(read(write(text + REST)))


def test_three_ways_to_write_a_distribution(space: Callable[[str], SearchSpace]) -> None:
    found = space("stages: 2\nprimitives: [hard, mtan]")
    assert found.blocks["mlp"] == {
        "width": Choice((32, 64)),
        "dropout": Uniform(0, 0.5),
        "layers": Choice((2,)),
    }
    assert found.primitives == {"hard": {}, "mtan": {}}
    assert found.balancers == {"sum": {}}
    assert found.schedules == {"constant": {}}


def test_training_has_defaults(space: Callable[[str], SearchSpace]) -> None:
    assert space("stages: 1\nprimitives: [hard]\ntraining: {epochs: 3}").training == {
        "learning_rate": Uniform(1e-4, 1e-2, log=True),
        "weight_decay": Uniform(1e-5, 1e-1, log=True),
        "batch_size": Choice((64,)),
        "epochs": Choice((3,)),
        "patience": Choice((20,)),
    }


def test_a_temperature_is_a_hyperparameter_only_where_it_is_named(
    space: Callable[[str], SearchSpace], write: Callable[..., Path]
) -> None:
    plain = space("stages: 1\nprimitives: [hard]\ntraining: {epochs: 3}")
    named = space("stages: 1\nprimitives: [hard]\ntraining: {epochs: 3, temperature: [1, 5]}")
    assert "temperature" not in dict(plain.walk({}))
    assert named.training == {**plain.training, "temperature": Choice((1, 5))}
    for one in (plain, named):
        assert read_space(read(write(to_yaml(written(one))))) == one


HEAD = "stages: 2\nprimitives: [hard]\n"
WRONG = {
    "stages: 0\nprimitives: [hard]": "1:9: stages: must be >= 1, but is the number 0.",
    "primitives: [hard]": "1:1: stages: this key is missing; add it.",
    "stages: 2\nprimitives: [mtan]": "2:13: primitives: must include 'hard', of which the anchors",
    "stages: 2\nprimitives: {}": "2:13: primitives: must not be empty; write at least one name.",
    "stages: 2\nprimitives: [hard, hard]": "2:20: primitives.1: 'hard' is in this list twice",
    "stages: 2\nprimitives: [hard, {mtan: }]": "2:13: primitives: names with something behind them",
    "stages: 2\nprimitives: {hard: 3}": "2:20: primitives.hard: must be a mapping (`key: value`)",
    "stages: 2\nprimitives: {hard: {a: {}}}": "2:24: primitives.hard.a.low: this key is missing",
    "stages: 2\nprimitives: {hard: {a: {b: 2}}}": "2:24: primitives.hard.a: must be a value, a",
    "stages: 2\nprimitives: {hard: {a: []}}": "2:24: primitives.hard.a: A choice has at least one",
    "stages: 2\nprimitives: {hard: {a: [[]]}}": "2:25: primitives.hard.a.0: must be a number, a ",
    "stages: 2\nprimitives: {hard: {a: 2020-01-01}}": "2:24: primitives.hard.a: must be a number, ",
    f"{HEAD}training: {{epoch: 1}}": "3:12: training.epoch: there is no such key; did you mean 'ep",
    f"{HEAD}training: {{epochs: 0}}": "3:20: training.epochs: must be >= 1, but has the number 0.",
    f"{HEAD}training: {{epochs: [1, 2.5]}}": "3:20: training.epochs: must be whole numbers, but",
    f"{HEAD}training: {{epochs: {{low: 1, high: 9}}}}": "3:20: training.epochs: must be whole num",
    f"{HEAD}training: {{temperature: 0.5}}": "3:25: training.temperature: must be >= 1, but has",
    f"{HEAD}training: {{learning_rate: yes}}": "3:27: training.learning_rate: must be numbers, but",
    f"{HEAD}training: {{learning_rate: 0}}": "3:27: training.learning_rate: must be > 0, but has",
    f"{HEAD}training: {{learning_rate: {{low: 0, high: 1}}}}": "3:27: training.learning_rate: must",
    f"{HEAD}training: {{weight_decay: -1}}": "3:26: training.weight_decay: must be >= 0, but has",
    f"{HEAD}training: {{weight_decay: {{low: 2, high: 1}}}}": "3:26: training.weight_decay: A rang",
    f"{HEAD}training: {{weight_decay: {{low: 1, hihg: 2}}}}": "3:26: training.weight_decay.high: ",
    f"{HEAD}cascades: 'yes'": "3:11: cascades: must be true or false, but is 'yes'.",
}


@mark.parametrize(("text", "expected"), WRONG.items(), ids=range(len(WRONG)))
def test_refuses_with_the_place(write: Callable[..., Path], text: str, expected: str) -> None:
    file = write(text + REST)
    with raises(ConfigError) as caught:
        read_space(read(file))
    assert str(caught.value).startswith(f"{file}:{expected}")


def test_whole_ranges_have_whole_ends(space: Callable[[str], SearchSpace]) -> None:
    with raises(ConfigError, match="`low` and `high` must be whole numbers with `integer: true`"):
        space("stages: 1\nprimitives: {hard: {a: {low: 1.5, high: 3, integer: true}}}")


@mark.parametrize("file", sorted(SPACES.glob("*.yaml")), ids=lambda file: file.stem)
def test_bundled_spaces_can_be_searched_and_written(file: Path, write: Callable[..., Path]) -> None:
    space = read_space(read(file))
    assert {"block", "balancer", "schedule", *space.training} <= set(space.sample(Random(0)))
    again = read_space(read(write(to_yaml(written(space)))))
    assert again == space
    assert list(again.blocks) == list(space.blocks)  # the first is the default


def test_a_space_is_found_by_name_path_or_in_place(write: Callable[..., Path]) -> None:
    write("stages: 1", "own.yaml")
    for text, file in {
        "a: 1": SPACES / "default.yaml",
        "space: tiny": SPACES / "tiny.yaml",
        "space: own.yaml": Path("own.yaml"),
        "space: ./own.yaml": Path("own.yaml"),
        "space: {stages: 1}": Path("c.yaml"),
    }.items():
        assert open_space(read(write(text))).file.name == file.name


def test_an_unknown_space_is_refused(write: Callable[..., Path]) -> None:
    with raises(
        ConfigError, match=r"c\.yaml:1:8: space: .* 'tiiny'; did you mean 'tiny'\? .The path"
    ):
        open_space(read(write("space: tiiny")))
    with raises(ConfigError, match=r"other\.yaml: there is no such file"):
        open_space(read(write("space: other.yaml")))


@mark.parametrize(
    ("wanted", "varied", "fits"),
    [
        (int, Choice((1, 2)), True),
        (int, Choice((1, 2.0)), False),
        (int, Choice((True,)), False),
        (int, Uniform(1, 9), False),
        (int, Uniform(1, 9, integer=True), True),
        (float, Choice((1, 2.5)), True),
        (float, Choice(("a",)), False),
        (bool, Choice((True, False)), True),
        (bool, Uniform(0, 1), False),
        (str, Choice(("a",)), True),
        (str, Choice((1,)), False),
        ("int", Choice(("anything",)), True),
        (list[int], Choice(("anything",)), True),
    ],
)
def test_values_fit_their_option(wanted: object, varied: Distribution, fits: bool) -> None:
    assert (misfit(wanted, varied) is None) == fits
