"""A task's weight means the same whatever its loss: gradients are of the same order."""

import torch
from pytest import mark

from automtl.core.task import TaskKind
from automtl.plugins import Plugins


@mark.parametrize("rows", [16, 64, 512])
def test_losses_of_a_set_of_labels_pull_about_as_hard(
    rows: int, multilabel: TaskKind, plugins: Plugins
) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand(rows, 3, generator=generator) < 0.3).float()
    pulls = {}
    for name, loss in plugins.losses.items():
        if "multilabel" in loss.kinds and name != "splc":
            outputs = torch.zeros(rows, 1, 3, requires_grad=True)
            loss(multilabel)(outputs, targets, None).backward()
            assert outputs.grad is not None
            pulls[name] = float(outputs.grad.abs().sum())
    assert {"zlpr", "two_way", "focal", "asymmetric", "weighted_bce"} <= pulls.keys()
    assert max(pulls.values()) < 20 * min(pulls.values())
    assert max(pulls.values()) < 3
