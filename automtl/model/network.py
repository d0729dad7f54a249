"""Candidate → network: a task graph as a torch module."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automtl.core.block import Block, Features, InputSpec
from automtl.core.candidate import Candidate
from automtl.core.graph import TaskGraph
from automtl.core.head import LINEAR, Head
from automtl.core.primitive import Primitive
from automtl.core.seed import derive_seed
from automtl.core.space import KERNEL_SKIP, NO_SKIP
from automtl.core.task import TaskKind
from automtl.model.heads import HeadMaker, Heads
from automtl.model.skips.kernel import KernelSkip, kernel_outputs
from automtl.model.skips.linear import LinearSkip
from automtl.plugins import Plugins, pick

BlockMaker: TypeAlias = Callable[[Features], Block]
PrimitiveMaker: TypeAlias = Callable[[int, Callable[[], Block]], Primitive]


class GraphNetwork(nn.Module):
    """
    A task graph as a network.

    :param graph: The graph.
    :param n_outputs: How many numbers the head of each task gives.
    :param inputs: The shape of the network's input.
    :param block: Makes the block for features of a shape.
    :param primitives: Makes each primitive, by name, for a number of tasks and a block.
    :param heads: Makes the heads that are not linear, by task.
    :param skips: How many outputs of each task have a skip; None for a network without.
    :param landmarks: Of a kernel skip, ``[n_landmarks, n_inputs]``; None where the skip is linear.
    """

    def __init__(
        self,
        graph: TaskGraph,
        n_outputs: Mapping[str, int],
        inputs: Features,
        block: BlockMaker,
        primitives: Mapping[str, PrimitiveMaker],
        heads: Mapping[str, HeadMaker] | None = None,
        skips: Mapping[str, int] | None = None,
        landmarks: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.graph = graph
        self.primitives: list[list[Primitive]] = []  # as the nodes of `graph.stages`
        self.shapes: dict[Primitive, Features] = {}  # what each primitive is to give
        shapes = dict.fromkeys(graph.tasks, inputs)
        for nodes in graph.stages:
            stage = []
            for node in nodes:
                blocks = _Blocks(block, _common([shapes[task] for task in node.tasks]))
                primitive = primitives[node.primitive](len(node.tasks), blocks)
                stage.append(primitive)
                self.shapes[primitive] = blocks.outputs
                shapes |= dict.fromkeys(node.tasks, blocks.outputs)
            self.primitives.append(stage)
        self.stages = nn.ModuleList(nn.ModuleList(stage) for stage in self.primitives)
        self.heads = Heads(graph, shapes, n_outputs, heads)
        self.skips = skips or {}
        self.skip = None if skips is None else _skip(inputs, sum(skips.values()), landmarks)
        if self.skip is not None:
            self.heads.silence()

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of the graph."""
        return self.graph.tasks

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        """
        ``[batch, size]`` to one output ``[batch, members, n_outputs]`` a task, without the skip:
        in training, what it adds is known beforehand, and to each row is another number.
        """
        features = dict.fromkeys(self.tasks, inputs)
        for nodes, stage in zip(self.graph.stages, self.primitives, strict=True):
            for node, primitive in zip(nodes, stage, strict=True):
                given = [features[task] for task in node.tasks]
                features.update(zip(node.tasks, primitive(given), strict=True))
        outputs: dict[str, Tensor] = self.heads(features)
        return outputs

    def with_skip(self, inputs: Tensor, added: Tensor | None = None) -> dict[str, Tensor]:
        """
        The outputs, with what the skip adds to the first of each task.

        :param added: What the skip gives, if it is known.
        """
        outputs: dict[str, Tensor] = self(inputs)
        if self.skip is None:
            return outputs
        added = self.skip(inputs) if added is None else added
        own = added.unsqueeze(1).split([self.skips[task] for task in self.tasks], -1)
        return {
            task: outputs[task]
            + nn.functional.pad(extra, (0, outputs[task].shape[-1] - extra.shape[-1]))
            for task, extra in zip(self.tasks, own, strict=True)
        }

    def penalty(self) -> Tensor | None:
        """The sum of the primitives' penalties, None if none has one."""
        primitives = (primitive for stage in self.primitives for primitive in stage)
        found = [p for p in (primitive.penalty() for primitive in primitives) if p is not None]
        return torch.stack(found).sum() if found else None


class Network(nn.Module):
    """
    The network of a candidate: one `GraphNetwork` for each independent part of its graph.

    :param parts: The networks of the parts; no two have a task in common.
    """

    def __init__(self, parts: Sequence[GraphNetwork]) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self.networks = nn.ModuleList(parts)

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        """``[batch, size]`` to one output ``[batch, members, n_outputs]`` a task."""
        outputs: dict[str, Tensor] = {}
        kernels = [part.skip for part in self.parts if isinstance(part.skip, KernelSkip)]
        known: dict[nn.Module | None, Tensor] = {}
        if kernels:
            known = dict(zip(kernels, kernel_outputs(kernels, inputs), strict=True))
        for part in self.parts:
            outputs |= part.with_skip(inputs, known.get(part.skip))
        return outputs


def build_network(
    candidate: Candidate,
    n_outputs: Mapping[str, int],
    kinds: Mapping[str, TaskKind],
    layout: InputSpec,
    plugins: Plugins,
    seed: int,
    landmarks: NDArray[np.float32] | None = None,
) -> Network:
    """
    Makes the network of ``candidate``.

    Each independent part is built from its own hyperparameters, and draws its first weights from a
    seed of its own: the same part starts alike in whatever candidate it stands.

    :param n_outputs: How many numbers the head of each task gives, by task.
    :param kinds: The fitted kinds of the tasks.
    :param landmarks: For kernel skips, ``[n_landmarks, n_columns]``.
    :raises PluginError: If there is no such plugin, or a head does not serve its task.
    """
    rows = None if landmarks is None else torch.from_numpy(landmarks)
    return Network(
        [
            _build_part(part, n_outputs, kinds, layout, plugins, seed, rows)
            for part in candidate.parts
        ]
    )


def part_seed(part: Candidate, seed: int) -> int:
    """The seed of an independent part, of `Candidate.parts`, in a trial with ``seed``."""
    return derive_seed(seed, part.digest)


def _build_part(
    part: Candidate,
    n_outputs: Mapping[str, int],
    kinds: Mapping[str, TaskKind],
    layout: InputSpec,
    plugins: Plugins,
    seed: int,
    landmarks: Tensor | None,
) -> GraphNetwork:
    name = str(part.hyperparameters["block"])
    block = partial(pick(plugins.blocks, "block", name), **_arguments(part, "block"))
    primitives = {
        name: partial(
            pick(plugins.primitives, "primitive", name), **_arguments(part, f"primitive.{name}")
        )
        for name in part.graph.primitives
    }
    heads = {
        task: _head_maker(pick(plugins.heads, "head", name), kinds[task], part, task)
        for task in part.graph.tasks
        if (name := str(part.hyperparameters.get(f"head.{task}", LINEAR))) != LINEAR
    }
    skip = part.hyperparameters.get("skip", NO_SKIP)
    skips = {task: kinds[task].n_outputs for task in part.graph.tasks} if skip != NO_SKIP else None
    rows = landmarks if skip == KERNEL_SKIP else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(part_seed(part, seed))
        inputs = Features(layout.size, layout=layout)
        return GraphNetwork(part.graph, n_outputs, inputs, block, primitives, heads, skips, rows)


def _skip(inputs: Features, n_outputs: int, landmarks: Tensor | None) -> LinearSkip | KernelSkip:
    if landmarks is not None:
        return KernelSkip(landmarks, n_outputs)
    n_numbers = 0 if inputs.layout is None else len(inputs.layout.quantiles)
    return LinearSkip(inputs.size, n_outputs, n_numbers)


def _head_maker(head: type[Head], kind: TaskKind, part: Candidate, task: str) -> HeadMaker:
    options: dict[str, Any] = dict(part.task_options("head", task))

    def make(inputs: Features, n_outputs: int) -> Head:
        return head(inputs, kind, n_outputs, **options)

    return make


def _arguments(candidate: Candidate, prefix: str) -> dict[str, Any]:
    return dict(candidate.options(prefix))


class _Blocks:
    """A block factory that remembers the shape of what its blocks give."""

    def __init__(self, block: BlockMaker, inputs: Features) -> None:
        self.block, self.inputs = block, inputs
        self.outputs = inputs  # a primitive without blocks passes features on

    def __call__(self) -> Block:
        made = self.block(self.inputs)
        self.outputs = made.outputs
        return made


def _common(shapes: Sequence[Features]) -> Features:
    first, *others = shapes
    if different := [shape for shape in others if shape != first]:
        raise ValueError(f"Tasks meet with features of one shape, but got {first}, {different[0]}.")
    return first
