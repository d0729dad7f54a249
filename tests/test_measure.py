import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from pytest import MonkeyPatch, approx, fixture, mark, raises

from automtl.config import Config, bundled_config
from automtl.core.affinity import Affinity
from automtl.core.grouping import group_by_affinity
from automtl.core.space import Choice, SearchSpace
from automtl.errors import AutoMTLError, PluginError, RunError, SearchFailed
from automtl.measure import Measured, check_writable, measure, write_affinity
from automtl.train import watch

NAMES = (
    "conflict_rate", "cosine", "gramian", "label_correlation", "magnitude_ratio", "pairs", "rsa",
    "tag",
)  # fmt: skip


@fixture
def config(space: SearchSpace) -> Config:
    training = {**space.training, "batch_size": Choice((16,)), "epochs": Choice((6,))}
    return replace(bundled_config(), space=replace(space, training=training))


@mark.parametrize("name", NAMES)
def test_every_estimator_measures(name: str, config: Config) -> None:
    said: list[str] = []
    found = measure(config, name, said.append)
    assert found.affinity.estimator == name
    assert found.affinity.tasks == ("body_mass_g", "sex", "species")
    assert np.shape(found.affinity.mean) == (2, 3, 3)
    assert found.graph == group_by_affinity(found.affinity, 2, found.threshold)
    assert said


def test_repeats_exactly(config: Config) -> None:
    first, second = (measure(config, "tag", lambda line: None) for _ in range(2))
    assert first == second
    other = replace(config, search=config.search.model_copy(update={"seed": 1}))
    assert measure(other, "tag", lambda line: None) != first


def _costs(config: Config, name: str) -> tuple[float, int]:
    said: list[str] = []
    cost = measure(config, name, said.append).affinity.cost
    return cost, sum(line.startswith("Training") for line in said)


def test_the_cost_counts_what_was_trained(config: Config) -> None:
    cost, trained = _costs(config, "cosine")
    assert cost > 1
    assert trained == 1
    assert _costs(config, "label_correlation") == (0, 0)
    cost, trained = _costs(config, "pairs")
    assert cost > 0
    assert trained == 5  # three pairs, and both anchors


def test_where_zero_says_nothing_tasks_share_above_the_mean(config: Config) -> None:
    found = measure(config, "label_correlation", lambda line: None)
    off = np.array(found.affinity.mean)[:, ~np.eye(3, dtype=bool)]
    assert found.threshold == approx(off.mean())
    assert measure(config, "cosine", lambda line: None).threshold == 0


def _with_training(config: Config, **settings: float) -> Config:
    training = {**config.space.training, **{k: Choice((v,)) for k, v in settings.items()}}
    return replace(config, space=replace(config.space, training=training))


@mark.parametrize(
    ("change", "name", "error", "message"),
    [
        (lambda c: c, "cosin", PluginError, "did you mean 'cosine'"),
        (lambda c: replace(c, targets=c.targets[:1]), "cosine", RunError, "two at least"),
        (
            lambda c: _with_training(c, learning_rate=1e30),
            "cosine",
            SearchFailed,
            "failed: Diverged",
        ),
    ],
)
def test_says_what_went_wrong(
    change: Callable[[Config], Config],
    name: str,
    error: type[AutoMTLError],
    message: str,
    config: Config,
) -> None:
    with raises(error, match=message):
        measure(change(config), name, lambda line: None)


def test_one_step_of_training_is_enough_to_measure_from(
    config: Config, monkeypatch: MonkeyPatch
) -> None:
    short = _with_training(config, epochs=1, batch_size=512)
    assert measure(short, "cosine", lambda line: None).affinity.tasks
    monkeypatch.setattr(watch, "AT_END", 0)  # probes of an estimator that needs more of them
    with raises(RunError, match="too little to measure it from"):
        measure(short, "cosine", lambda line: None)


def test_writes_what_can_be_read(tmp_path: Path, config: Config) -> None:
    found: Measured = measure(config, "label_correlation", lambda line: None)
    file = tmp_path / "affinity.json"
    check_writable(file)
    write_affinity(found.affinity, file)
    assert Affinity.from_json(json.loads(file.read_text())) == found.affinity


def test_a_file_that_cannot_be_written_is_known_early(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "no folder" / "affinity.json"):
        with raises(RunError, match="cannot be written"):
            check_writable(file)
