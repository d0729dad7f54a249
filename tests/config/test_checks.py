from collections.abc import Callable
from pathlib import Path

from pytest import fixture, mark, raises

from automtl.config import bundled_config, check_plugins, load_config
from automtl.config.space import SPACES
from automtl.errors import ConfigError
from automtl.plugins import Plugins, load_plugins

HEAD = "data: a.csv\ntargets: [x]\n"
SPACE = """
stages: 1
primitives: [hard, cross_stitch]
blocks: {mlp: {width: [8]}}
balancers: [sum]
schedules: [constant]
"""


@fixture(scope="module")
def plugins() -> Plugins:
    return load_plugins()


@mark.parametrize("name", sorted(file.stem for file in SPACES.glob("*.yaml")))
def test_bundled_spaces_name_what_exists(
    write: Callable[..., Path], plugins: Plugins, name: str
) -> None:
    check_plugins(load_config(write(f"{HEAD}space: {name}")), plugins)


def test_penguins_name_what_exists(plugins: Plugins) -> None:
    check_plugins(bundled_config(), plugins)
    check_plugins(load_config(Path(__file__).parents[2] / "examples/penguins.yaml"), plugins)


@mark.parametrize(
    ("text", "expected"),
    [
        (
            "data: a.csv\ntargets: {x: {kind: binray}}",
            "2:21: targets.x.kind: there is no task kind 'binray'; did you mean 'binary'?",
        ),
        (
            "data: a.csv\ntargets: {x: {kind: regression, metric: rsme}}",
            "2:41: targets.x.metric: there is no metric of the kind 'regression' 'rsme'; did you",
        ),
        (
            "data: a.csv\ntargets: {x: {kind: ordinal, options: {leves: [a, b]}}}",
            "2:40: targets.x.options.leves: there is no option of the kind 'ordinal' 'leves'; did",
        ),
        (
            "data: a.csv\ntargets: {x: {kind: binary, options: {rule: f1}}}",
            "2:39: targets.x.options.rule: there is no option of the kind 'binary' 'rule'; ther",
        ),
        (
            "data: a.csv\ntargets: {x: {kind: binary, loss: [own, huber]}}",
            "2:41: targets.x.loss.huber: there is no loss 'huber' for the kind 'binary'; there",
        ),
        (
            "data: a.csv\ntargets: {x: {head: chian}}",
            "2:21: targets.x.head.chian: there is no head 'chian'; did you mean 'chain'?",
        ),
        (
            "data: a.csv\ntargets: {x: {loss: {huber: {delat: 1}}}}",
            "2:30: targets.x.loss.huber.delat: there is no option of 'huber' 'delat'; did you mean",
        ),
        (
            "data: a.csv\ntargets: {x: {head: {chain: {order: 3}}}}",
            "2:37: targets.x.head.chain.order: must be text, but has the number 3.",
        ),
        (
            f"{HEAD}search: {{searcher: evoultion}}",
            "3:20: search.searcher: there is no searcher 'evoultion'; did you mean 'evolution'?",
        ),
        (
            f"{HEAD}search: {{callbacks: [tensorbord]}}",
            "3:22: search.callbacks.tensorbord: there is no callback 'tensorbord'; did you mean",
        ),
        (
            f"{HEAD}search: {{callbacks: {{mlflow: {{url: x}}}}}}",
            "3:31: search.callbacks.mlflow.url: there is no option of 'mlflow' 'url'; did you mean",
        ),
        (
            f"{HEAD}search: {{callbacks: {{mlflow: {{uri: 3}}}}}}",
            "3:36: search.callbacks.mlflow.uri: must be text, but has the number 3.",
        ),
        (
            f"{HEAD}search: {{affinity: cosin}}",
            "3:20: search.affinity: there is no affinity 'cosin'; did you mean 'cosine'?",
        ),
    ],
)
def test_names_in_the_file_exist(
    write: Callable[..., Path], plugins: Plugins, text: str, expected: str
) -> None:
    file = write(text)
    with raises(ConfigError) as caught:
        check_plugins(load_config(file), plugins)
    assert str(caught.value).startswith(f"{file}:{expected}")


@mark.parametrize(
    "target",
    ["{kind: multilabel, split_labels: true, metric: roc_auc}", "{loss: own, head: linear}"],
)
def test_what_only_the_data_can_tell_is_let_through(
    write: Callable[..., Path], plugins: Plugins, target: str
) -> None:
    check_plugins(load_config(write(f"data: a.csv\ntargets: {{x: {target}}}")), plugins)


@mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "cross_stitch]",
            "cross_stich]",
            "3:20: primitives.cross_stich: there is no primitive 'cross_stich'; did you mean 'cro",
        ),
        ("{mlp:", "{mpl:", "4:10: blocks.mpl: there is no block 'mpl'; did you mean 'mlp'?"),
        ("[sum]", "[smu]", "5:13: balancers.smu: there is no balancer 'smu'; did you mean 'sum'?"),
        ("[const", "[konst", "6:13: schedules.konstant: there is no schedule 'konstant'; did you "),
        (
            "width:",
            "widht:",
            "4:16: blocks.mlp.widht: there is no option of 'mlp' 'widht'; did you",
        ),
        ("[8]", "[8.5]", "4:23: blocks.mlp.width: must be whole numbers, but has the number 8.5."),
        (
            "[sum]",
            "{sum: {a: 1}}",
            "5:19: balancers.sum.a: there is no option of 'sum' 'a'; there ",
        ),
    ],
)
def test_names_in_the_space_exist(
    write: Callable[..., Path], plugins: Plugins, old: str, new: str, expected: str
) -> None:
    file = write(SPACE.replace(old, new), "space.yaml")
    with raises(ConfigError) as caught:
        check_plugins(load_config(write(f"{HEAD}space: space.yaml")), plugins)
    assert str(caught.value).startswith(f"{file}:{expected}")


def test_a_space_in_place_is_blamed_in_place(write: Callable[..., Path], plugins: Plugins) -> None:
    file = write(HEAD + "space:" + SPACE.replace("mlp", "mpl").replace("\n", "\n  "))
    with raises(ConfigError) as caught:
        check_plugins(load_config(file), plugins)
    assert str(caught.value).startswith(f"{file}:6:12: space.blocks.mpl: there is no block 'mpl'")


def test_everything_is_listed(write: Callable[..., Path], plugins: Plugins) -> None:
    write(SPACE.replace("mlp", "mpl"), "space.yaml")
    file = write(f"{HEAD}space: space.yaml\nsearch: {{searcher: x, affinity: y}}")
    with raises(ConfigError) as caught:
        check_plugins(load_config(file), plugins)
    assert str(caught.value).count("there is no") == 3
