from collections.abc import Sequence
from dataclasses import replace

import torch
from pytest import mark
from torch import Tensor
from torch.testing import assert_close

from automtl.core.loss import Loss
from automtl.core.task import TaskKind
from automtl.train.losses import Rows, TaskLosses
from automtl_plugins.losses.class_weighted import ClassWeighted
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.multiclass import Multiclass
from automtl_plugins.task_kinds.ordinal import Ordinal
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


WEIGHED: Sequence[TaskKind] = (
    Binary(("no", "yes"), (30, 10), (0.5, 2.5)),
    Multiclass(("x", "y", "z"), (2, 3, 5), (2.0, 1.0, 0.6)),
    Ordinal(("low", "mid", "high"), (2, 3, 5), (2.0, 1.0, 0.6)),
)


@mark.parametrize("kind", WEIGHED, ids=lambda kind: kind.name)
@mark.parametrize("loss", [None, ClassWeighted])
def test_class_weights_are_of_each_label(kind: TaskKind, loss: type[Loss] | None) -> None:
    equal = replace(kind, class_weights=())  # type: ignore[type-var]
    targets = (torch.arange(9.0) % len(kind.classes))[:, None]
    labelled = (torch.arange(9) % 4 > 0).float()[:, None]
    rows, outputs = Rows(torch.randn(9, 2), targets, labelled), torch.randn(9, 2, kind.n_outputs)
    weights = torch.tensor(kind.class_weights)

    def found(one: TaskKind, some: Rows) -> Tensor:
        others = {"a": loss(one)} if loss else None
        here = outputs[[int(row) for row in some.inputs[:, 0]]]
        return TaskLosses(["a"], [one], [1.0], CPU, others)({"a": here}, some)[0]

    rows.inputs[:, 0] = torch.arange(9)
    alone = [found(equal, rows[row : row + 1]) for row in range(9)]
    each = torch.stack(alone)[:, None] * weights[targets.long()]
    expected = (each * labelled).sum() / labelled.sum()
    assert_close(found(kind, rows), expected)


def test_a_task_with_class_weights_is_computed_beside_others() -> None:
    kinds = [*KINDS, Binary(("no", "yes"), (5, 5), (0.5, 1.5))]
    rows, outputs = _rows(None), _outputs(1)
    rows = replace(rows, targets=torch.cat([rows.targets, rows.targets[:, 3:]], dim=1))
    outputs = {**outputs, "e": outputs["d"]}
    found = TaskLosses((*TASKS, "e"), kinds, [1.0] * 5, CPU)(outputs, rows)
    assert_close(found[:4], TaskLosses(TASKS, KINDS, [1.0] * 4, CPU)(outputs, rows))
    assert found[4] != found[3]


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
