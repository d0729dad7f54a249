import math
from functools import partial

import numpy as np
import torch
from pytest import mark, raises
from torch import Tensor
from torch.testing import assert_close

from automtl.core.block import Features
from automtl.testing import assert_exports_to_onnx, assert_primitive_contract
from automtl_plugins.blocks.linear import Linear
from automtl_plugins.blocks.mlp import MLP
from automtl_plugins.primitives import soft_trace
from automtl_plugins.primitives.soft_trace import SoftTrace

block = partial(MLP, Features(5), width=3, layers=2)


def stacked(primitive: SoftTrace) -> list[Tensor]:
    """One matrix a parameter, with one row a task."""
    by_task = [[p.detach().flatten() for p in own.parameters()] for own in primitive.blocks]
    return [torch.stack(rows) for rows in zip(*by_task, strict=True)]


@mark.parametrize("strength", [0.0, 0.1])
def test_contract(strength: float) -> None:
    assert_primitive_contract(partial(SoftTrace, strength=strength))


def test_exports_to_onnx() -> None:
    assert_exports_to_onnx(SoftTrace(3, block), list(torch.randn(3, 7, 5)))


@mark.parametrize("n_tasks", [1, 2, 5])
def test_penalty_is_the_sum_of_singular_values(n_tasks: int) -> None:
    primitive = SoftTrace(n_tasks, block, strength=0.1)
    singular = [np.linalg.svd(m.double().numpy(), compute_uv=False) for m in stacked(primitive)]
    expected = 0.1 * sum(values.sum() for values in singular)
    np.testing.assert_allclose(primitive.penalty().item(), expected, rtol=1e-6)


def test_gradient_agrees_with_the_nuclear_norm_of_torch() -> None:
    primitive = SoftTrace(3, partial(Linear, Features(5), width=3), strength=1.0)
    primitive.penalty().backward()
    for index, matrix in enumerate(stacked(primitive)):
        matrix = matrix.double().requires_grad_()
        torch.linalg.matrix_norm(matrix, ord="nuc").backward()
        grads = [list(own.parameters())[index].grad for own in primitive.blocks]
        found = torch.stack([grad.flatten() for grad in grads if grad is not None])
        assert_close(found.double(), matrix.grad, rtol=1e-5, atol=1e-6)


def test_equal_blocks_have_rank_one_and_a_finite_gradient() -> None:
    primitive = SoftTrace(4, block, strength=1.0)
    for own in primitive.blocks:
        own.load_state_dict(primitive.blocks[0].state_dict())
    penalty = primitive.penalty()
    norms = [parameter.norm() for parameter in primitive.blocks[0].parameters()]
    assert_close(penalty, 2 * torch.stack(norms).sum())
    penalty.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in primitive.parameters())


def test_penalty_of_zero_parameters_is_zero_with_a_zero_gradient() -> None:
    primitive = SoftTrace(2, block, strength=1.0)
    with torch.no_grad():
        for parameter in primitive.parameters():
            parameter.zero_()
    penalty = primitive.penalty()
    penalty.backward()
    assert penalty == 0
    assert not any(p.grad is None or p.grad.any() for p in primitive.parameters())


def test_no_strength_means_separate_blocks() -> None:
    primitive, given = SoftTrace(2, block, strength=0.0), list(torch.randn(2, 7, 5))
    alone = [own(x) for own, x in zip(primitive.blocks, given, strict=True)]
    assert_close(list(primitive(given)), alone)
    assert primitive.penalty() == 0


@mark.parametrize("strength", [-0.1, math.inf, math.nan])
def test_rejects_strength_that_is_no_factor(strength: float) -> None:
    with raises(ValueError, match=f"`0 <= strength < inf` must hold, but got strength={strength}"):
        SoftTrace(2, block, strength=strength)


def test_is_a_plugin() -> None:
    assert soft_trace.automtl_primitives() == [SoftTrace]
