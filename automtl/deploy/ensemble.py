"""The ensemble: one prediction from several networks."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from automtl.core.task import Task, TaskKind


class Ensemble(nn.Module):
    """
    Networks, in evaluation mode and on the CPU, with what turns their outputs into predictions:
    ``[batch, width]`` to one tensor ``[batch, n_values]`` a task. It is the mean of what the
    networks predict, each by itself: of probabilities, or of values in the target's own units
    (deep ensembles, https://arxiv.org/abs/1612.01474, section 2.4, without adversarial training).
    One network alone is an ensemble of one. It works on copies.

    :param networks: At least one; each maps inputs ``[batch, width]`` to outputs
        ``[batch, members, n_outputs]`` by task. Its own prediction is the mean over the members.
    """

    def __init__(
        self, networks: Sequence[nn.Module], tasks: Sequence[Task], kinds: Sequence[TaskKind]
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(copy.deepcopy(network).cpu() for network in networks)
        self.kinds = {task.name: kind for task, kind in zip(tasks, kinds, strict=True)}
        self.eval()

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = [network(inputs) for network in self.networks]
        found = (self._predictions(task, kind, outputs) for task, kind in self.kinds.items())
        return tuple(p[0] if len(p) == 1 else torch.stack(p).mean(0) for p in found)

    @staticmethod
    def _predictions(
        task: str, kind: TaskKind, outputs: Sequence[dict[str, Tensor]]
    ) -> list[Tensor]:
        """What each network predicts for one task, ``[batch, n_values]``."""
        return [kind.predict(output[task][..., : kind.n_outputs]).mean(1) for output in outputs]
