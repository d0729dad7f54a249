"""The contract of blocks."""

from collections.abc import Callable

import torch
from torch.testing import assert_close

from automtl.core.block import Block, Features
from automtl.testing.common import (
    LAYOUT,
    check_named,
    check_shape,
    check_trained,
    mixes_rows,
    seeded,
    shape,
)


@seeded()
def assert_block_contract(make: Callable[[Features], Block]) -> None:
    """
    Asserts of a block, on the network's input and on features with and without an ensemble axis:

    its output has the shape it declares; in evaluation a row depends on nothing but itself; a
    gradient reaches all parameters.
    """
    for inputs in (Features(5), Features(5, members=3), Features(LAYOUT.size, layout=LAYOUT)):
        block, given = make(inputs), torch.randn(shape(inputs))
        check_named(type(block))
        check_trained(block, block(given).square().sum())
        block.eval()
        with torch.no_grad():
            output = block(given)
            assert_close(block(given), output, msg=f"`{block.name}` is random in evaluation.")
            check_shape(block.name, output, block.outputs)
            assert_close(block(given[1:]), output[1:], msg=mixes_rows(block.name))
