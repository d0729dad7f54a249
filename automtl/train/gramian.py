"""Gradients of the tasks, sampled inside training: what affinity is estimated from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from automtl.core.affinity import AffinityEstimator
from automtl.model.network import GraphNetwork
from automtl.train.losses import Rows, TaskLosses

SHARE = 0.2  # at most this share is added to the cost of the training it is sampled in


class GramianWatch:
    r"""
    Every few steps takes the Jacobians of the tasks' losses on two independent batches and gives
    the estimator, for each stage :math:`s`,

    .. math::
        G^s = \operatorname{sym}\left(J^{(1)}_s {J^{(2)}_s}^\top\right).

    On one batch alone the tasks would seem to agree on its noise.

    :param network: The network in training; its tasks are the rows and columns of :math:`G`.
    :param losses: Its losses, with buffers of their own.
    :param estimator: Who is given the measurements.
    :param batch_size: The rows of each batch.
    :param seed: Of the choice of batches.
    """

    def __init__(
        self,
        network: GraphNetwork,
        losses: TaskLosses,
        estimator: AffinityEstimator,
        batch_size: int,
        seed: int,
    ) -> None:
        self.network, self.losses, self.estimator = network, losses, estimator
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)
        n_tasks = len(network.tasks)
        # One measurement costs two forward passes and two backward passes a task: about
        # (2 + 4 n_tasks) / 3 steps, a backward pass counting twice a forward pass.
        self.every = max(1, round((2 + 4 * n_tasks) / (3 * SHARE)))
        self.step = 0

    def __call__(self, train: Rows) -> None:
        """Is called after each step."""
        self.step += 1
        if self.step % self.every == self.every // 2:
            first, losses = self._jacobians(train)
            second, _ = self._jacobians(train)
            products = (a @ b.T for a, b in zip(first, second, strict=True))
            self.estimator.update([(g + g.T) / 2 for g in products], losses)

    def _jacobians(self, train: Rows) -> tuple[list[Tensor], Tensor]:
        """One Jacobian ``[n_tasks, n_parameters]`` a stage on a random batch; the losses."""
        chosen = torch.randint(len(train), (self.batch_size,), generator=self.generator)
        batch = train[chosen.to(train.inputs.device)]
        values = self.losses(self.network(batch.inputs), batch)
        stages = [list(stage.parameters()) for stage in self.network.stages]
        flat = [parameter for stage in stages for parameter in stage]
        rows = [_gradients(value, flat) for value in values]
        sizes = [sum(parameter.numel() for parameter in stage) for stage in stages]
        return list(torch.split(torch.stack(rows), sizes, dim=1)), values.detach()


def _gradients(value: Tensor, parameters: Sequence[nn.Parameter]) -> Tensor:
    """The gradient of ``value`` as one row; zero where it is detached or does not depend."""
    if not value.requires_grad:
        return torch.zeros(sum(p.numel() for p in parameters), device=value.device)
    found = torch.autograd.grad(
        value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([gradient.flatten() for gradient in found])
