"""The contract of primitives."""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.testing import assert_close

from automtl.core.block import Block, Features
from automtl.core.primitive import BlockFactory, Primitive
from automtl.testing.common import (
    check_named,
    check_shape,
    check_trained,
    mixes_rows,
    seeded,
    shape,
    without_first_row,
)


@seeded()
def assert_primitive_contract(make: Callable[[int, BlockFactory], Primitive]) -> None:
    """
    Asserts of a primitive, with one, two and four tasks, on features that are shared or not, with
    and without an ensemble axis:

    it gives one feature a task, of the shape that the block declares; in evaluation a row depends
    on nothing but itself; the features given are left as they were; all blocks and parameters
    are registered and a gradient reaches them; the penalty is a scalar not below zero, or None.
    """
    plain, ensemble = Features(5), Features(5, members=2)
    for n_tasks in (1, 2, 4):
        for inputs, outputs in (
            (plain, Features(3)),
            (ensemble, Features(3, members=2)),
            (plain, Features(3, members=2)),  # the first stage may add the ensemble axis
        ):
            apart = [torch.randn(shape(inputs)) for _ in range(n_tasks)]
            for given in (apart, apart[:1] * n_tasks):
                _check_primitive(make, given, inputs, outputs)


class _Line(Block):
    """A block for tests of primitives; its dropout gives away a block that is not registered."""

    name: ClassVar[str] = "line"
    citation: ClassVar[str] = "https://en.wikipedia.org/wiki/Linear_map"

    def __init__(self, inputs: Features, outputs: Features) -> None:
        super().__init__(inputs)
        self.outputs = outputs
        self.map = nn.Sequential(nn.Linear(inputs.size, outputs.size), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        if self.inputs.members is None and self.outputs.members is not None:
            x = x.unsqueeze(1).expand(-1, self.outputs.members, -1)
        mapped: Tensor = self.map(x)
        return mapped


def _check_primitive(
    make: Callable[[int, BlockFactory], Primitive],
    given: list[Tensor],
    inputs: Features,
    outputs: Features,
) -> None:
    made: list[Block] = []

    def block() -> Block:
        made.append(_Line(inputs, outputs))
        return made[-1]

    primitive = make(len(given), block)
    check_named(type(primitive))
    lost = set(made) - set(primitive.modules())
    assert not lost, f"`{primitive.name}` must hold its blocks as submodules, but lost {len(lost)}."
    before = [feature.clone() for feature in given]
    loss = torch.stack([output.square().sum() for output in primitive(given)]).sum()
    check_trained(primitive, loss + _penalty(primitive))
    assert_close(given, before, msg=f"`{primitive.name}` changes the features it is given.")
    _check_evaluation(primitive, given, outputs)


def _check_evaluation(primitive: Primitive, given: list[Tensor], declared: Features) -> None:
    name = primitive.eval().name
    with torch.no_grad():
        outputs = list(primitive(given))
        assert_close(list(primitive(given)), outputs, msg=f"`{name}` is random in evaluation.")
        fewer = list(primitive(without_first_row(given)))
    for output, short in zip(outputs, fewer, strict=True):
        check_shape(name, output, declared)
        assert_close(short, output[1:], msg=mixes_rows(name))


def _penalty(primitive: Primitive) -> Tensor:
    penalty = primitive.penalty()
    if penalty is None:
        return torch.zeros(())
    shape = tuple(penalty.shape)
    assert shape == (), f"The penalty of `{primitive.name}` must be a scalar, but has {shape=}."
    assert 0 <= penalty.item() < math.inf, f"`0 <= penalty < inf` must hold, but got {penalty}."
    return penalty
