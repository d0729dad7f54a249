from dataclasses import replace
from typing import Any

import numpy as np
import torch
from pytest import fixture, mark

from automtl.core.head import Head
from automtl.core.loss import LabelLoss
from automtl.core.space import Choice, Options, Uniform
from automtl.core.task import TaskKind
from automtl.plugins import Plugins
from automtl.train.offers import Misfit, extremes, misfits


@fixture(scope="module")
def kinds(plugins: Plugins) -> dict[str, TaskKind]:
    """A fitted kind of every sort."""
    rng, train = np.random.default_rng(0), np.arange(40) < 30
    words = np.array(["1", "2", "3"], object)
    labels: dict[str, Any] = {
        "binary": rng.choice(words[:2], 40),
        "multiclass": rng.choice(words, 40),
        "ordinal": rng.choice(words, 40),
        "regression": rng.normal(size=40),
        "count": rng.poisson(2.0, 40).astype(float),
        "multilabel": rng.integers(0, 2, (40, 3)).astype(float),
        "multi_output": rng.normal(size=(40, 3)),
        "ranking": np.column_stack([rng.integers(0, 3, 40), np.arange(40) // 5]).astype(float),
    }
    return {name: plugins.task_kinds[name].fit(found, train) for name, found in labels.items()}


def test_everything_serves_its_kinds_with_its_defaults(
    plugins: Plugins, kinds: dict[str, TaskKind]
) -> None:
    for name, kind in kinds.items():
        losses: dict[str, Options] = {
            loss: {} for loss, cls in plugins.losses.items() if name in cls.kinds
        }
        heads: dict[str, Options] = {
            head: {} for head, cls in plugins.heads.items() if name in cls.kinds
        }
        assert [*misfits(kind, {"own": {}, **losses}, {"linear": {}, **heads}, plugins)] == []


def test_what_serves_other_kinds(plugins: Plugins, kinds: dict[str, TaskKind]) -> None:
    [loss] = misfits(kinds["binary"], {"huber": {}}, {}, plugins)
    assert loss == Misfit(
        ("loss", "huber"),
        "serves tasks of the kind 'regression' or 'multi_output', but this one is 'binary'. "
        "Choose another loss, such as 'own'.",
    )
    [head] = misfits(kinds["binary"], {}, {"chain": {}}, plugins)
    assert head.place == ("head", "chain")
    assert "serves tasks of the kind 'multilabel', but this one is 'binary'" in head.message


@mark.parametrize(
    "level",
    [Choice((2.0,)), Choice((0.5, 0.9, 1.5)), Uniform(0.1, 1.0), Uniform(0.0, 0.9), Choice(("x",))],
)
def test_a_value_that_a_loss_refuses(
    plugins: Plugins, kinds: dict[str, TaskKind], level: Choice | Uniform
) -> None:
    [found] = misfits(kinds["regression"], {"own": {}, "quantile": {"level": level}}, {}, plugins)
    assert found.place == ("loss", "quantile", "level")
    assert found.message


def test_the_option_at_fault_is_named(plugins: Plugins, kinds: dict[str, TaskKind]) -> None:
    varied = {"power": Choice((0.5, 1.0)), "smoothing": Choice((0.0, 1.5))}
    [found] = misfits(kinds["binary"], {"weighted_bce": varied}, {}, plugins)
    assert found.place == ("loss", "weighted_bce", "smoothing")
    options = {"width": Choice((8,)), "heads": Choice((4, 3))}
    [head] = misfits(kinds["multilabel"], {}, {"ml_decoder": options}, plugins)
    assert head.place == ("head", "ml_decoder", "heads")


def test_options_that_only_fit_together_are_fine(
    plugins: Plugins, kinds: dict[str, TaskKind]
) -> None:
    options = {"width": Choice((6,)), "heads": Choice((2, 3))}  # 6 is no multiple of 4, the default
    assert not [*misfits(kinds["multilabel"], {}, {"ml_decoder": options}, plugins)]


def test_a_head_that_cannot_go_with_a_loss(plugins: Plugins, kinds: dict[str, TaskKind]) -> None:
    class Wide(LabelLoss):
        name, citation, kinds = "wide", "https://example.org", ("multilabel",)

        @property
        def extra_outputs(self) -> int:
            return 3

        def each(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return outputs[..., :3] * targets

    more = replace(plugins, losses={**plugins.losses, "wide": Wide})
    [found] = misfits(kinds["multilabel"], {"own": {}, "wide": {}}, {"chain": {}}, more)
    assert found.place == ("head", "chain")
    assert found.message.endswith("(With the loss 'wide'.)")


def test_whatever_a_plugin_raises_is_told(plugins: Plugins, kinds: dict[str, TaskKind]) -> None:
    class Broken(Head):
        name, citation, kinds = "broken", "https://example.org", ("binary",)

        def __init__(self, *arguments: Any, **options: Any) -> None:
            raise KeyError("oops")

        def forward(self, features: torch.Tensor, /) -> torch.Tensor:
            return features

    more = replace(plugins, heads={"broken": Broken})
    [found] = misfits(kinds["binary"], {}, {"broken": {}}, more)
    assert found == Misfit(("head", "broken"), "'oops'")


def test_random_numbers_go_on_as_before(plugins: Plugins, kinds: dict[str, TaskKind]) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    assert not [*misfits(kinds["multilabel"], {}, {"ml_decoder": {}}, plugins)]
    assert torch.equal(torch.rand(3), expected)


def test_extremes() -> None:
    assert extremes(Choice((3, 1, 2))) == (3, 1, 2)
    assert extremes(Uniform(0.1, 1.0)) == (0.1, 1.0)
    assert extremes(Uniform(1.0, 8.0, integer=True)) == (1, 8)
