from collections.abc import Sequence

import torch
from pytest import mark
from torch import Tensor
from torch.testing import assert_close

from automtl.core.task import TaskKind
from automtl.train.losses import Rows, TaskLosses
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.multiclass import Multiclass
from automtl_plugins.task_kinds.regression import Regression

CPU = torch.device("cpu")
KINDS: Sequence[TaskKind] = (
    Regression(0.0, 1.0),
    Multiclass(("x", "y", "z"), (2, 3, 5)),
    Regression(5.0, 2.0),
    Binary(("no", "yes"), (5, 5)),
)
TASKS = ("a", "b", "c", "d")


def _rows(labelled: Tensor | None) -> Rows:
    targets = torch.stack(
        [torch.randn(9), torch.arange(9.0) % 3, torch.randn(9), torch.arange(9.0) % 2], dim=1
    )
    return Rows(torch.randn(9, 2), targets, labelled)


def _outputs(members: int) -> dict[str, Tensor]:
    return {t: torch.randn(9, members, k.n_outputs) for t, k in zip(TASKS, KINDS, strict=True)}


@mark.parametrize("members", [1, 3])
@mark.parametrize("masked", [False, True])
def test_equals_each_task_for_itself(members: int, masked: bool) -> None:
    labelled = (torch.rand(9, 4) > 0.4).float() if masked else None
    if labelled is not None:
        labelled[0] = 1.0
    rows, outputs = _rows(labelled), _outputs(members)
    found = TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)(outputs, rows)
    for column, (task, kind) in enumerate(zip(TASKS, KINDS, strict=True)):
        there = slice(None) if labelled is None else labelled[:, column].bool()
        targets = rows.targets[there, column][:, None].expand(-1, members)
        assert_close(found[column], kind.loss(outputs[task][there], targets).mean())


def test_missing_labels_give_no_gradient() -> None:
    labelled = torch.ones(9, 4)
    labelled[3:, 2] = 0
    outputs = {task: output.requires_grad_() for task, output in _outputs(1).items()}
    TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)(outputs, _rows(labelled)).sum().backward()
    gradient = outputs["c"].grad
    assert gradient is not None
    assert gradient[:3].any()
    assert not gradient[3:].any()


def test_an_absent_task_keeps_its_last_loss_without_a_gradient() -> None:
    losses = TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)
    everything, rows = torch.ones(9, 4), _rows(None)
    first = losses(_outputs(1), Rows(rows.inputs, rows.targets, everything))
    without = everything.clone()
    without[:, 1] = 0
    outputs = {task: output.requires_grad_() for task, output in _outputs(1).items()}
    second = losses(outputs, Rows(rows.inputs, rows.targets, without))
    assert second[1] == first[1]
    second.sum().backward()
    assert outputs["b"].grad is None or not outputs["b"].grad.any()


def test_weights_scale() -> None:
    rows, outputs = _rows(None), _outputs(1)
    plain = TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)(outputs, rows)
    weighted = TaskLosses(TASKS, KINDS, [1.0, 2.0, 0.5, 3.0], CPU)(outputs, rows)
    assert_close(weighted, plain * torch.tensor([1.0, 2.0, 0.5, 3.0]))


def test_kinds_alike_are_computed_in_one_call() -> None:
    losses = TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)
    assert losses.groups == [[0, 2], [1], [3]]
