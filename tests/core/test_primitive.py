from collections.abc import Sequence
from typing import ClassVar

import torch
from pytest import mark, raises
from torch import Tensor
from torch.testing import assert_close

from automtl.core.primitive import Primitive, merged


class Echo(Primitive):
    name: ClassVar[str] = "echo"
    citation: ClassVar[str] = "https://example.org/echo"

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return features


class Swallow(Echo):
    name: ClassVar[str] = "swallow"

    def forward(self, features: Sequence[Tensor], /) -> Sequence[Tensor]:
        return features[1:]


def test_one_feature_a_task() -> None:
    features = [torch.zeros(2, 3), torch.ones(2, 3)]
    assert Echo(2)(features) is features
    assert Echo(2).penalty() is None


@mark.parametrize("n_features", [0, 1, 3])
def test_too_few_or_too_many_features(n_features: int) -> None:
    with raises(ValueError, match=f"`echo` shares between 2 tasks, but got {n_features} features"):
        Echo(2)([torch.zeros(2, 3)] * n_features)


def test_a_primitive_that_swallows_a_feature() -> None:
    with raises(ValueError, match="`swallow` must give one feature per task, but gave 1 for 2"):
        Swallow(2)([torch.zeros(2, 3)] * 2)


def test_no_tasks() -> None:
    with raises(ValueError, match="`n_tasks >= 1` must hold, but got n_tasks=0"):
        Echo(0)


def test_merging_one_feature_is_that_very_feature() -> None:
    feature = torch.ones(2, 3)
    assert merged([feature] * 3) is feature


def test_merging_is_the_mean_of_distinct_features() -> None:
    one, other = torch.zeros(2, 3), torch.ones(2, 3)
    assert_close(merged([one, other, one, one]), torch.full((2, 3), 0.5))
    assert_close(one, torch.zeros(2, 3))
