"""The heads: the last layers of each task."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.graph import HARD, TaskGraph
from automtl.core.head import Head

HeadMaker: TypeAlias = Callable[[Features, int], Head]  # for a feature and a number of outputs


class Heads(nn.Module):
    """
    One head a task, linear unless another is asked for. Linear heads that read the same feature are
    one matrix product; a head that receives a cascade also reads what the givers' heads gave,
    detached: a task uses another's prediction without a say in it (the chain of Read et al., 2011,
    https://doi.org/10.1007/s10994-011-5256-5, with predictions in training too).

    :param graph: The task graph.
    :param shapes: The shape of each task's last feature.
    :param n_outputs: How many numbers each task's head gives.
    :param makers: Makes the heads that are not linear, by task.
    """

    def __init__(
        self,
        graph: TaskGraph,
        shapes: Mapping[str, Features],
        n_outputs: Mapping[str, int],
        makers: Mapping[str, HeadMaker] | None = None,
    ) -> None:
        super().__init__()
        makers = makers or {}
        self.groups = _groups(graph, makers)
        self.givers = {
            group: tuple(giver for giver, taker in graph.cascades if taker == group[0])
            for group in self.groups
        }
        self.sizes = {group: [n_outputs[task] for task in group] for group in self.groups}
        self.layers = nn.ModuleList()  # as the groups
        for group in self.groups:
            shape = shapes[group[0]]
            given = sum(n_outputs[giver] for giver in self.givers[group])
            inputs = Features(shape.size + given, shape.members)
            make = makers.get(group[0], MemberLinear)
            self.layers.append(make(inputs, sum(self.sizes[group])))

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Features ``[batch, size]`` or ``[batch, members, size]`` to ``[batch, members, n]``."""
        outputs: dict[str, Tensor] = {}
        for group, layer in zip(self.groups, self.layers, strict=True):
            feature = features[group[0]]
            feature = feature.unsqueeze(1) if feature.ndim == 2 else feature
            if givers := self.givers[group]:
                given = [outputs[giver].detach() for giver in givers]
                feature = torch.cat([feature, *given], dim=-1)
            outputs.update(zip(group, layer(feature).split(self.sizes[group], -1), strict=True))
        return outputs

    def silence(self) -> None:
        """Makes all linear heads give zero, so that training starts from what is added to them."""
        with torch.no_grad():
            for layer in self.layers:
                if isinstance(layer, MemberLinear):
                    layer.weight.zero_()
                    layer.bias.zero_()


class MemberLinear(nn.Module):
    """
    A linear layer, or one for each member of an ensemble.

    :param inputs: The shape of the features; without an ensemble axis there is one layer for all.
    :param n_out: The size of the outputs.
    """

    def __init__(self, inputs: Features, n_out: int) -> None:
        super().__init__()
        n_in, members = inputs.size, inputs.members
        bound = n_in**-0.5  # as in `torch.nn.Linear`
        shape = (n_out, n_in) if members is None else (members, n_in, n_out)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        bias = (n_out,) if members is None else (members, n_out)
        self.bias = nn.Parameter(torch.empty(bias).uniform_(-bound, bound))

    def forward(self, features: Tensor) -> Tensor:
        """``[batch, members, n_in]`` to ``[batch, members, n_out]``."""
        if self.weight.ndim == 2:
            return nn.functional.linear(features, self.weight, self.bias)
        return torch.einsum("bmi,mio->bmo", features, self.weight) + self.bias


def _groups(graph: TaskGraph, apart: Collection[str]) -> Sequence[tuple[str, ...]]:
    """
    Tasks that read the same feature, givers of cascades first; receivers, and the tasks ``apart``,
    for themselves.
    """
    takers = {taker for _, taker in graph.cascades}
    groups: list[tuple[str, ...]] = []
    for node in graph.stages[-1]:
        free = tuple(task for task in node.tasks if task not in takers)
        joint = tuple(task for task in free if node.primitive == HARD and task not in apart)
        groups += [joint] if joint else []
        groups += [(task,) for task in free if task not in joint]
    return (*groups, *((task,) for task in graph.head_order if task in takers))
