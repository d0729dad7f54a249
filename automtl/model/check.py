"""A check of a fresh network: do its primitives keep their contract?"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from automtl.core.block import Features
from automtl.core.primitive import Primitive
from automtl.model.network import Network

ROWS = 2  # rows of the trial batch


def check_network(network: Network, size: int) -> None:
    """
    Sends two rows of zeros through ``network`` and looks at what every primitive gives.

    :param size: The number of columns of the network's input.
    :raises ValueError: If features have the wrong shape, or are not finite. The message names
        the primitive.
    """
    hooks = [
        primitive.register_forward_hook(partial(_check, shape))
        for part in network.parts
        for primitive, shape in part.shapes.items()
    ]
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(torch.zeros(ROWS, size, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()


def _check(shape: Features, primitive: Primitive, given: Any, outputs: Sequence[Tensor]) -> None:
    members = () if shape.members is None else (shape.members,)
    wanted = (ROWS, *members, shape.size)
    for output in outputs:
        if tuple(output.shape) != wanted:
            raise ValueError(
                f"primitive '{primitive.name}' must give features of the shape {wanted} that its "
                f"blocks say, here with {ROWS} rows, but gave {tuple(output.shape)}."
            )
        if not output.isfinite().all():
            raise ValueError(f"primitive '{primitive.name}' gave NaN or infinity for zeros.")
