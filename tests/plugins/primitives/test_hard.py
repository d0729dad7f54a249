from functools import partial

import torch
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_exports_to_onnx, assert_primitive_contract
from automtl_plugins.blocks.linear import Linear
from automtl_plugins.primitives import hard
from automtl_plugins.primitives.hard import Hard

block = partial(Linear, Features(5), width=3)


def test_contract() -> None:
    assert_primitive_contract(Hard)


def test_exports_to_onnx() -> None:
    shared, other = torch.randn(2, 7, 5)
    assert_exports_to_onnx(Hard(3, block), [shared, other, shared])


def test_computes_its_block_once() -> None:
    primitive, calls = Hard(3, block), list[Tensor]()
    primitive.block.register_forward_hook(lambda _module, _given, output: calls.append(output))
    first, second, third = primitive([torch.randn(7, 5)] * 3)
    assert len(calls) == 1
    assert first is second is third


def test_branches_meet_in_the_mean_of_distinct_features() -> None:
    primitive, (left, right) = Hard(3, block), torch.randn(2, 7, 5)
    met = primitive([left, left, right])[0]
    assert_close(met, primitive.block((left + right) / 2))


def test_is_a_plugin() -> None:
    assert hard.automtl_primitives() == [Hard]
