import math
from functools import partial
from itertools import combinations

import numpy as np
import torch
from pytest import mark, raises
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_exports_to_onnx, assert_primitive_contract
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives import soft_l2
from automtl_plugins.primitives.soft_l2 import SoftL2

block = partial(MLP, Features(5), width=3, layers=2)


@mark.parametrize("strength", [0.0, 0.1])
def test_contract(strength: float) -> None:
    assert_primitive_contract(partial(SoftL2, strength=strength))


def test_exports_to_onnx() -> None:
    assert_exports_to_onnx(SoftL2(3, block), list(torch.randn(3, 7, 5)))


def test_penalty_is_the_sum_over_pairs() -> None:
    primitive = SoftL2(3, block, strength=0.1)
    flat = [
        np.concatenate([p.detach().double().numpy().ravel() for p in own.parameters()])
        for own in primitive.blocks
    ]
    expected = 0.1 * sum(np.sum((a - b) ** 2) for a, b in combinations(flat, 2))
    np.testing.assert_allclose(primitive.penalty().item(), expected, rtol=1e-5)


def test_penalty_of_equal_blocks_is_zero() -> None:
    primitive = SoftL2(2, block, strength=1.0)
    primitive.blocks[1].load_state_dict(primitive.blocks[0].state_dict())
    assert primitive.penalty() == 0


def test_no_strength_means_separate_blocks() -> None:
    primitive, given = SoftL2(2, block, strength=0.0), list(torch.randn(2, 7, 5))
    alone = [own(x) for own, x in zip(primitive.blocks, given, strict=True)]
    assert_close(list(primitive(given)), alone)
    assert primitive.penalty() == 0


def test_descending_the_penalty_brings_blocks_together() -> None:
    primitive = SoftL2(2, block, strength=1.0)
    before = primitive.penalty()
    before.backward()
    with torch.no_grad():
        for parameter in primitive.parameters():
            assert parameter.grad is not None
            parameter -= 0.1 * parameter.grad
    assert primitive.penalty() < before


@mark.parametrize("strength", [-0.1, math.inf, math.nan])
def test_rejects_strength_that_is_no_factor(strength: float) -> None:
    with raises(ValueError, match=f"`0 <= strength < inf` must hold, but got strength={strength}"):
        SoftL2(2, block, strength=strength)


def test_is_a_plugin() -> None:
    assert soft_l2.automtl_primitives() == [SoftL2]
