"""Warm starts: training goes on from a checkpoint of the all-shared anchor, in another graph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from math import sqrt
from types import EllipsisType

import torch
from torch import Tensor, nn

from automtl.core.balancer import Balancer
from automtl.core.block import Block
from automtl.core.head import Head
from automtl.model.heads import Heads
from automtl.model.network import GraphNetwork

SPACING = sqrt(2)  # from the epoch of one snapshot to the next


@dataclass(frozen=True)
class Checkpoint:
    """
    A training of the all-shared anchor, stopped on its way.

    :param tensors: The values (``"value/NAME"``) and all that the optimiser knows of them
        (``"exp_avg/NAME"`` and so on), by the names of `_Slot`.
    :param epoch: After how many epochs it was taken.
    :param epochs: How many epochs that training took.
    """

    tensors: Mapping[str, Tensor]
    epoch: int
    epochs: int = 0

    @classmethod
    def take(
        cls,
        network: GraphNetwork,
        balancer: Balancer,
        optimizer: torch.optim.Optimizer,
        epoch: int,
    ) -> "Checkpoint":
        """Copies the state of a training in which every stage is one hard node."""
        tensors: dict[str, Tensor] = {}
        for slot in _slots(network, balancer):
            known = {"value": slot.tensor.detach(), **optimizer.state.get(slot.tensor, {})}
            for what, tensor in known.items():
                part = tensor[slot.index] if tensor.shape == slot.tensor.shape else tensor
                tensors[f"{what}/{slot.name}"] = part.clone()
        return cls(tensors, epoch)

    def start(
        self, network: GraphNetwork, balancer: Balancer, optimizer: torch.optim.Optimizer
    ) -> None:
        """
        Copies the checkpoint into a training that has not begun: a stage's block, with what the
        optimiser knows of it, into each block of that stage, heads and the balancer's weights by
        task. What has no counterpart of the same shape keeps its fresh start.
        """
        known = [name.partition("/")[0] for name in self.tensors]
        states = [what for what in dict.fromkeys(known) if what != "value"]
        with torch.no_grad():
            for slot in _slots(network, balancer):
                target = slot.tensor[slot.index]
                value = self.tensors.get(f"value/{slot.name}")
                if value is None or value.shape != target.shape:
                    continue
                target.copy_(value)
                for what in states:
                    if (state := self.tensors.get(f"{what}/{slot.name}")) is not None:
                        _set_state(optimizer.state[slot.tensor], what, state, slot)


class Snapshots:
    """
    Takes checkpoints in such epochs that, whenever early stopping ends the training, one is at hand
    that was taken after 33 to 50 % of it (at its end, if it lasts one epoch): nobody knows
    beforehand when half of it is over. At most four of them are kept at a time.
    """

    def __init__(self, network: GraphNetwork, balancer: Balancer) -> None:
        self.network, self.balancer = network, balancer
        self.kept: list[Checkpoint] = []
        self.due = 1

    def __call__(self, epoch: int, optimizer: torch.optim.Optimizer) -> None:
        """Is called after each epoch, counted from 1."""
        if epoch < self.due:
            return
        self.kept.append(Checkpoint.take(self.network, self.balancer, optimizer, epoch))
        self.due = max(epoch + 1, int(epoch * SPACING))
        while len(self.kept) > 1 and 2 * self.kept[1].epoch <= epoch:
            del self.kept[0]

    def middle(self, epochs: int) -> Checkpoint:
        """The latest of the first half of a training that took ``epochs``."""
        early = [one for one in self.kept if 2 * one.epoch <= epochs]
        return replace((early or self.kept)[-1 if early else 0], epochs=epochs)


@dataclass(frozen=True)
class _Slot:
    """
    A tensor of a network or balancer, or the part of it that belongs to one task, under the name by
    which it finds its counterpart in a network of another graph.
    """

    name: str
    tensor: Tensor
    index: tuple[EllipsisType | slice, ...] = (...,)


def _slots(network: GraphNetwork, balancer: Balancer) -> Iterator[_Slot]:
    for number, stage in enumerate(network.primitives, start=1):
        for block in chain.from_iterable(map(_blocks, stage)):
            for name, tensor in chain(block.named_parameters(), block.named_buffers()):
                yield _Slot(f"stage {number}/{block.name}/{name}", tensor)
    yield from _head_slots(network.heads)
    for name, parameter in balancer.named_parameters():
        full = f"balancer/{balancer.name}/{name}"
        if parameter.ndim and len(parameter) == balancer.n_tasks:
            for row, task in enumerate(network.tasks):
                yield _Slot(f"{full}/{task}", parameter, (slice(row, row + 1),))
        else:
            yield _Slot(full, parameter)


def _blocks(module: nn.Module) -> Iterator[Block]:
    """The blocks that a primitive holds."""
    if isinstance(module, Block):
        yield module
    else:
        yield from chain.from_iterable(map(_blocks, module.children()))


def _head_slots(heads: Heads) -> Iterator[_Slot]:
    """Tasks that read the same feature share a matrix, of which each has some columns or rows."""
    for group, layer in zip(heads.groups, heads.layers, strict=True):
        if isinstance(layer, Head):
            yield from _own_slots(group[0], layer)
            continue
        weight, bias = layer.parameters()
        first = 0
        for task, size in zip(group, heads.sizes[group], strict=True):
            own = slice(first, first + size)
            yield _Slot(f"head/{task}/weight", weight, (own,) if weight.ndim == 2 else (..., own))
            yield _Slot(f"head/{task}/bias", bias, (..., own))
            first += size


def _own_slots(task: str, head: Head) -> Iterator[_Slot]:
    for name, tensor in chain(head.named_parameters(), head.named_buffers()):
        yield _Slot(f"head/{task}/{head.name}/{name}", tensor)


def _set_state(known: dict[str, Tensor], what: str, state: Tensor, slot: _Slot) -> None:
    """What the optimiser is to know of ``slot``: a number for all of it, or one for each number."""
    if state.shape != slot.tensor[slot.index].shape:
        known[what] = state.to(slot.tensor.device, copy=True)
    else:
        known.setdefault(what, torch.zeros_like(slot.tensor))[slot.index].copy_(state)
