"""What affinity estimators may look at: targets, features and gradients, as they are needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.func import functional_call

from automtl.core.affinity import Probe
from automtl.core.task import TaskKind
from automtl.errors import PluginError
from automtl.model.network import GraphNetwork
from automtl.train.losses import Rows, TaskLosses, slices

MAX_ROWS = 500  # whose features are looked at
MAX_BLOCK = 20  # tasks whose gradients one measurement takes


class TargetsProbe(Probe):
    """
    A probe in no training.

    :param rows: The training rows.
    :param kinds: The kinds of the tasks, in the order of their columns in ``rows.targets``.
    """

    def __init__(self, rows: Rows, kinds: Sequence[TaskKind]) -> None:
        self.rows, self.kinds = rows, kinds

    @property
    def losses(self) -> Tensor:
        _refuse("losses")

    @property
    def gramians(self) -> Sequence[Tensor]:
        _refuse("gramians")

    @property
    def learning_rate(self) -> float:
        _refuse("a learning rate")

    @property
    def look_ahead(self) -> Sequence[Tensor]:
        _refuse("a look-ahead")

    @property
    def features(self) -> Sequence[Sequence[Tensor]]:
        _refuse("features")

    @property
    def targets(self) -> Tensor:
        targets = self.rows.targets
        if self.rows.labelled is not None:
            targets = targets.where(self.rows.labelled > 0, torch.nan)
        if targets.shape[1] == len(self.kinds):
            return targets
        return torch.stack([_as_one(*pair) for pair in self._columns(targets)], dim=1)

    @property
    def n_classes(self) -> Sequence[int]:
        return [len(kind.classes) for kind in self.kinds]

    def _columns(self, targets: Tensor) -> Iterator[tuple[TaskKind, Tensor]]:
        columns = slices([kind.n_targets for kind in self.kinds])
        return zip(self.kinds, (targets[:, own] for own in columns), strict=True)


class FeaturesProbe(TargetsProbe):
    """
    A probe of networks that share nothing.

    :param networks: The networks, which have all tasks between them.
    :param rows: The training rows, the tasks' columns in alphabetical order.
    :param seed: Of the choice of rows.
    """

    def __init__(
        self, networks: Sequence[GraphNetwork], rows: Rows, kinds: Sequence[TaskKind], seed: int
    ) -> None:
        super().__init__(rows, kinds)
        self.networks, self.seed = networks, seed

    @property
    def features(self) -> Sequence[Sequence[Tensor]]:
        return self._features

    @cached_property
    def _features(self) -> list[list[Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        chosen = torch.randperm(len(self.rows), generator=generator)[:MAX_ROWS]
        inputs = self.rows.inputs[chosen.to(self.rows.inputs.device)]
        of_task: dict[str, list[Tensor]] = {}
        for network in self.networks:
            of_task |= _stage_features(network, inputs)
        stages = range(len(self.networks[0].stages))
        return [[of_task[task][stage] for task in sorted(of_task)] for stage in stages]


class TrainingProbe(FeaturesProbe):
    """
    A probe of a network in training, on two independent batches of the size of a training step's.

    Gradients are those in evaluation, without dropout: what it adds is noise, and the training's
    random numbers stay its own.

    :param network: The network; no stage of it leaves out a task.
    :param losses: Its losses, with buffers of their own.
    :param rows: The training rows.
    :param batch_size: The rows of a step.
    :param learning_rate: The training's first learning rate.
    :param generator: Draws the batches and the block of tasks.
    :param seed: Of the rows for features.
    """

    def __init__(
        self,
        network: GraphNetwork,
        losses: TaskLosses,
        rows: Rows,
        batch_size: int,
        learning_rate: float,
        generator: torch.Generator,
        seed: int,
    ) -> None:
        super().__init__([network], rows, losses.kinds, seed)
        self.network, self.task_losses, self.step = network, losses, learning_rate
        drawn = torch.randint(len(rows), (2, batch_size), generator=generator)
        self.batches = [rows[chosen] for chosen in drawn.to(rows.inputs.device)]
        block = torch.randperm(len(network.tasks), generator=generator)[:MAX_BLOCK]
        self.block = block.sort().values.tolist()
        self.passes = 0  # forward passes so far; a backward pass counts as two

    @property
    def losses(self) -> Tensor:
        return self._first.detach()

    @property
    def learning_rate(self) -> float:
        return self.step

    @property
    def gramians(self) -> Sequence[Tensor]:
        return self._gramians

    @property
    def look_ahead(self) -> Sequence[Tensor]:
        return self._look_ahead

    @cached_property
    def _first(self) -> Tensor:
        """The losses on the first batch, with their graph."""
        return self._losses_on(self.batches[0])

    @cached_property
    def _jacobians(self) -> list[Tensor]:
        """One Jacobian ``[n_tasks, n_parameters]`` a stage on the first batch."""
        return self._gradients(self._first)

    @cached_property
    def _gramians(self) -> list[Tensor]:
        others = self._gradients(self._losses_on(self.batches[1]))
        products = (a @ b.T for a, b in zip(self._jacobians, others, strict=True))
        return [(product + product.T) / 2 for product in products]

    @cached_property
    def _look_ahead(self) -> list[Tensor]:
        return [
            torch.stack([self._after(stage, gradient) for gradient in jacobian], dim=1)
            for stage, jacobian in enumerate(self._jacobians)
        ]

    def _after(self, stage: int, gradient: Tensor) -> Tensor:
        """The losses on the first batch after a step against ``gradient`` in one stage."""
        if not gradient.isfinite().all():
            return torch.full_like(self.losses, torch.nan)
        weights = dict(self.network.stages[stage].named_parameters(prefix=f"stages.{stage}"))
        steps = torch.split(gradient, [weight.numel() for weight in weights.values()])
        moved = {
            name: weight.detach() - self.step * step.view_as(weight)
            for (name, weight), step in zip(weights.items(), steps, strict=True)
        }
        with torch.no_grad():
            return self._losses_on(self.batches[0], moved)

    def _losses_on(self, batch: Rows, weights: dict[str, Tensor] | None = None) -> Tensor:
        """The losses ``[n_tasks]``, NaN without a label; with some weights replaced, if given."""
        self.passes += 1
        with _evaluating(self.network):
            outputs = functional_call(self.network, weights or {}, (batch.inputs,))
        values = self.task_losses(outputs, batch)
        if batch.labelled is None:
            return values
        there = [batch.labelled[:, own].any() for own in self.task_losses.targets]
        return values.where(torch.stack(there), torch.nan)

    def _gradients(self, losses: Tensor) -> list[Tensor]:
        """The Jacobians of ``losses``, NaN in the rows of tasks out of the block or unlabelled."""
        stages = [list(stage.parameters()) for stage in self.network.stages]
        flat = [parameter for stage in stages for parameter in stage]
        sizes = [sum(parameter.numel() for parameter in stage) for stage in stages]
        rows = losses.new_full((len(losses), sum(sizes)), torch.nan)
        for task in self.block:
            if losses[task].isfinite():
                rows[task] = _gradient(losses[task], flat)
                self.passes += 2
        return list(torch.split(rows, sizes, dim=1))


def _as_one(kind: TaskKind, targets: Tensor) -> Tensor:
    """One number a row: the mean over the columns, without one that only names a group."""
    return (targets[:, :-1] if kind.grouped else targets).nanmean(1)


def _refuse(what: str) -> NoReturn:
    raise PluginError(
        f"There are no {what} where this estimator measures. Give its class attribute 'anchor' "
        f"another value; see automtl.core.affinity.Anchor."
    )


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """The network in evaluation, and then as it was."""
    was_training = network.training
    network.eval()
    yield
    network.train(was_training)


def _gradient(loss: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    """The gradient of ``loss`` as one row; zero where it does not depend."""
    found = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([gradient.flatten() for gradient in found])


def _stage_features(network: GraphNetwork, inputs: Tensor) -> dict[str, list[Tensor]]:
    """What each stage gives each task, ``[n_rows, n_numbers]``: members side by side."""
    found: dict[str, list[Tensor]] = {task: [] for task in network.tasks}

    def keep(tasks: Sequence[str], module: nn.Module, given: Any, outputs: Any) -> None:
        for task, feature in zip(tasks, outputs, strict=True):
            found[task].append(feature.flatten(1))

    hooks = [
        primitive.register_forward_hook(partial(keep, node.tasks))
        for nodes, stage in zip(network.graph.stages, network.primitives, strict=True)
        for node, primitive in zip(nodes, stage, strict=True)
    ]
    with _evaluating(network), torch.no_grad():
        network(inputs)
    for hook in hooks:
        hook.remove()
    return found
