from typing import ClassVar

import torch
from pytest import raises
from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.head import Head, check_one_output_per_label
from automtl.errors import PluginError
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.regression import Regression

NUMBER = Regression(0.0, 1.0)


class Narrow(Head):
    """Gives one number too few."""

    name: ClassVar[str] = "narrow"
    citation: ClassVar[str] = "https://example.org"
    kinds: ClassVar[tuple[str, ...]] = ("regression", "count")

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.linear = nn.Linear(self.inputs.size, self.n_outputs - 1)

    def forward(self, features: Tensor, /) -> Tensor:
        outputs: Tensor = self.linear(features)
        return outputs


def test_a_head_is_of_some_kinds() -> None:
    message = "'narrow' serves tasks of the kind 'regression' or 'count', but this one is 'binary'"
    with raises(PluginError, match=message):
        Narrow(Features(3), Binary(("no", "yes"), (1, 1)), 1)


def test_a_head_gives_as_many_numbers_as_are_asked_for() -> None:
    with raises(ValueError, match=r"'narrow' must give \[batch, 2, 4\], but gave \[7, 2, 3\]"):
        Narrow(Features(3), NUMBER, 4)(torch.randn(7, 2, 3))


def test_a_label_is_an_output() -> None:
    check_one_output_per_label("chain", NUMBER, 1)
    with raises(PluginError, match="one number for each of 1 labels, but the loss asks for 2"):
        check_one_output_per_label("chain", NUMBER, 2)
