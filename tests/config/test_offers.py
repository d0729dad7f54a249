from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from pytest import fixture, mark, raises

from automtl.config import Config, check_offers, for_data, load_config
from automtl.core.space import Choice
from automtl.data.dataset import MultiTaskData
from automtl.data.read import read_data
from automtl.errors import ConfigError
from automtl.plugins import Plugins

LONG = "data: d.csv\nlong: {task: task, value: y}\n"
N = 60


@fixture
def table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{rng.normal():.3f},{row % 2},{rng.normal():.3f},{rng.integers(2)},{part}"
        for row, part in enumerate(["train"] * 36 + ["validation"] * 12 + ["test"] * 12)
    ]
    (tmp_path / "d.csv").write_text("\n".join(["x,flag,size,late,part", *rows]) + "\n")


@fixture
def long_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal():.3f},{'pqr'[row % 3]},{rng.integers(2)}" for row in range(3 * N)]
    (tmp_path / "d.csv").write_text("\n".join(["x,task,y", *rows]) + "\n")


def _read(file: Path, plugins: Plugins) -> tuple[Config, MultiTaskData]:
    config = load_config(file)
    return config, read_data(config.data_request(), plugins)


@mark.usefixtures("table")
@mark.parametrize(
    ("targets", "expected"),
    [
        ("{flag: {loss: huber}}", "2:24: targets.flag.loss.huber: serves tasks of the kind 'regr"),
        ("{flag: {loss: [own, huber]}}", "2:30: targets.flag.loss.huber: serves tasks of the kind"),
        ("{flag: {head: chain}}", "2:24: targets.flag.head.chain: The head 'chain' serves tasks"),
        (
            "{size: {loss: {quantile: {level: 2.0}}}}",
            "2:43: targets.size.loss.quantile.level: `0 < level < 1` must hold, but got level=2.0.",
        ),
        (
            "{size: {loss: {quantile: {level: {low: 0.5, high: 1.0}}}}}",
            "2:43: targets.size.loss.quantile.level: `0 < level < 1` must hold, but got level=1.0.",
        ),
        (
            "{m: {columns: [flag, late], head: {chain: {order: alphabetic}}}}",
            "2:60: targets.m.head.chain.order: `order` must be 'frequency' or 'random', but got",
        ),
    ],
)
def test_offers_suit_the_kind_that_was_inferred(
    write: Callable[..., Path], plugins: Plugins, targets: str, expected: str
) -> None:
    file = write(f"data: d.csv\ntargets: {targets}\nignore: [part]\n")
    with raises(ConfigError) as caught:
        check_offers(*_read(file, plugins), plugins)
    assert str(caught.value).startswith(f"{file}:{expected}")


@mark.usefixtures("table")
def test_all_is_listed_in_order(write: Callable[..., Path], plugins: Plugins) -> None:
    targets = "{flag: {loss: huber, head: chain}, size: {loss: focal}}"
    file = write(f"data: d.csv\ntargets: {targets}\nsearch: {{bags: 20}}\nsplit: {{groups: part}}")
    with raises(ConfigError) as caught:
        check_offers(*_read(file, plugins), plugins)
    places = [line.split(": ")[1] for line in str(caught.value).splitlines() if "c.yaml" in line]
    assert places == [
        "targets.flag.loss.huber", "targets.flag.head.chain", "targets.size.loss.focal",
        "search.bags",
    ]  # fmt: skip


@mark.usefixtures("table")
@mark.parametrize(
    "target",
    [
        "flag: {loss: {own: , focal: {gamma: [0.5, 3]}, weighted_bce: {power: {low: 0, high: 1}}}}",
        "size: {loss: [own, huber, quantile, gaussian]}",
        "m: {columns: [flag, late], loss: [own, zlpr], head: [linear, chain, ml_decoder]}",
        "m: {columns: [flag, late], metric: macro_auc, weight: 3}",
    ],
)
def test_what_suits_is_let_through(
    write: Callable[..., Path], plugins: Plugins, target: str
) -> None:
    file = write(
        f"data: d.csv\ntargets: {{{target}}}\nsplit: {{column: part}}\nsearch: {{bags: 4}}"
    )
    check_offers(*_read(file, plugins), plugins)


def _one_class_in_validation(folder: Path) -> None:
    rows = [f"{row}.5,{row % 2}" for row in range(36)] + [f"{row}.5,0" for row in range(12)]
    rows += [f"{row}.5,{row % 2}" for row in range(12)]
    parts = ["train"] * 36 + ["validation"] * 12 + ["test"] * 12
    lines = [f"{row},{part}" for row, part in zip(rows, parts, strict=True)]
    (folder / "d.csv").write_text("\n".join(["x,flag,part", *lines]) + "\n")


def test_a_metric_that_validation_does_not_define(
    write: Callable[..., Path], plugins: Plugins, tmp_path: Path
) -> None:
    _one_class_in_validation(tmp_path)
    text = "data: d.csv\nsplit: {column: part}\ntargets: {flag: {metric: roc_auc}}\n"
    file = write(text)
    with raises(
        ConfigError, match=r"3:26: targets\.flag\.metric: the metric 'roc_auc' of task 'fla"
    ):
        check_offers(*_read(file, plugins), plugins)
    check_offers(*_read(write(text.replace("roc_auc", "accuracy")), plugins), plugins)


@mark.usefixtures("long_table")
@mark.parametrize(
    ("targets", "tasks"),
    [("{'*': {loss: focal}}", "pqr"), ("{'*': {loss: focal}, q: }", "pr"), ("[p]", "")],
)
def test_offers_to_all_tasks_are_for_each(
    write: Callable[..., Path], plugins: Plugins, targets: str, tasks: Sequence[str]
) -> None:
    config, data = _read(write(f"{LONG}targets: {targets}\n"), plugins)
    space = for_data(config, data).space
    assert space.losses == {task: {"focal": {}} for task in tasks}
    assert {f"loss.{task}" for task in tasks} <= set(space.default())
    check_offers(config, data, plugins)
    assert load_config(write(config.dump(), "again.yaml")) == config


def _split(more: str) -> str:
    columns = "kind: multilabel, columns: [flag, late], split_labels: true"
    return f"data: d.csv\ntargets: {{m: {{{columns}, {more}}}, size: }}\nsplit: {{column: part}}\n"


@mark.usefixtures("table")
def test_offers_to_a_target_whose_labels_are_tasks_are_for_each(
    write: Callable[..., Path], plugins: Plugins
) -> None:
    config, data = _read(write(_split("loss: [own, focal]")), plugins)
    check_offers(config, data, plugins)
    assert list(for_data(config, data).space.losses) == ["flag", "late"]


@mark.usefixtures("table")
@mark.parametrize(
    ("more", "expected"),
    [
        (
            "loss: zlpr",
            "targets.m.loss.zlpr: task 'flag': serves tasks of the kind 'multilabel', b",
        ),
        ("head: chain", "targets.m.head.chain: task 'flag': The head 'chain' serves tasks of the"),
    ],
)
def test_what_does_not_serve_a_label_of_its_own_is_refused_with_its_place(
    more: str, expected: str, write: Callable[..., Path], plugins: Plugins
) -> None:
    config, data = _read(write(_split(more)), plugins)
    with raises(ConfigError) as caught:
        check_offers(config, data, plugins)
    assert expected in str(caught.value)


@mark.usefixtures("table")
def test_a_metric_that_is_not_defined_for_a_label_is_the_targets(
    write: Callable[..., Path], plugins: Plugins
) -> None:
    config, data = _read(write(_split("metric: roc_auc")), plugins)
    data.validation.targets[:, 0] = 0.0
    with raises(ConfigError, match=r"targets\.m\.metric: the metric 'roc_auc' of task 'flag' is n"):
        check_offers(config, data, plugins)


@mark.usefixtures("long_table")
def test_a_misfit_for_all_tasks_is_told_once(write: Callable[..., Path], plugins: Plugins) -> None:
    config, data = _read(write(f"{LONG}targets: {{'*': {{head: chain}}}}\n"), plugins)
    assert for_data(config, data).space.heads["p"] == {"chain": {}}
    with raises(ConfigError) as caught:
        check_offers(config, data, plugins)
    assert str(caught.value).count("serves tasks of the kind") == 1
    assert "targets.*.head.chain: task 'p': The head 'chain'" in str(caught.value)


def test_nothing_on_offer_stays_nothing(plugins: Plugins, penguins: MultiTaskData) -> None:
    from automtl.config import bundled_config

    config = bundled_config()
    assert for_data(config, penguins) == config
    assert config.space.skip == Choice(tuple(config.space.skip.values))
    check_offers(config, penguins, plugins)


SPACE = {
    "primitives": "{hard: }",
    "blocks": "{linear: }",
    "balancers": "{sum: }",
    "schedules": "{constant: }",
    "training": "{learning_rate: 0.01, weight_decay: 0, batch_size: 8, epochs: 1, patience: 1}",
}


@mark.usefixtures("table")
@mark.parametrize(
    ("key", "offered", "at", "why"),
    [
        ("blocks", "{mlp: {width: [8, 0]}}", "mlp.width", "width=0"),
        ("blocks", "{tabm: {members: [2, 0]}}", "tabm.members", "members=0"),
        ("schedules", "{constant: , cosine: {warmup: 5}}", "cosine.warmup", "n_epochs=1."),
        ("primitives", "{hard: , cross_stitch: {share: 2}}", "cross_stitch.share", "share=2"),
    ],
)
def test_values_that_cannot_be_made_are_refused(
    write: Callable[..., Path], plugins: Plugins, key: str, offered: str, at: str, why: str
) -> None:
    lines = [f"  {name}: {text}" for name, text in (SPACE | {key: offered}).items()]
    space = "\n".join(["space:", "  stages: 1", *lines])
    file = write(f"data: d.csv\ntargets: [flag, size]\nignore: [part]\n{space}\n")
    with raises(ConfigError) as caught:
        check_offers(*_read(file, plugins), plugins)
    assert f"space.{key}.{at}: " in str(caught.value)
    assert why in str(caught.value)


@mark.usefixtures("table")
@mark.parametrize(
    ("sizes", "n_rows", "kept"),
    [
        ((64, 256), 100 * 64, (64, 256)),
        ((64, 256), 100 * 64 + 1, (256,)),
        ((256, 64), 10**6, (256,)),
        ((64,), 10**6, (64,)),
    ],
)
def test_batches_too_small_for_so_many_rows_are_left_out_if_larger_ones_are_on_offer(
    write: Callable[..., Path],
    plugins: Plugins,
    sizes: tuple[int, ...],
    n_rows: int,
    kept: tuple[int, ...],
) -> None:
    config, data = _read(write("data: d.csv\ntargets: [flag, size]\n"), plugins)
    training = {**config.space.training, "batch_size": Choice(sizes)}
    config = replace(config, space=replace(config.space, training=training))
    data = replace(data, train=replace(data.train, rows=np.arange(n_rows)))
    assert for_data(config, data).space.training == {**training, "batch_size": Choice(kept)}
