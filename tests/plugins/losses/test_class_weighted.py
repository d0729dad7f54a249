from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pytest import mark, raises
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from automtl.core.task import TaskKind
from automtl.testing import assert_loss_contract
from automtl_plugins.losses.class_weighted import ClassWeighted
from automtl_plugins.task_kinds.ordinal import Ordinal


def test_contract(
    multiclass: TaskKind, letters: NDArray[Any], binary: TaskKind, answers: NDArray[Any]
) -> None:
    assert_loss_contract(partial(ClassWeighted, power=1.0, smoothing=0.1), multiclass, letters)
    assert_loss_contract(ClassWeighted, binary, answers)


@mark.parametrize("smoothing", [0.0, 0.3])
@mark.parametrize("power", [0.0, 0.5, 1.0])
def test_is_torch_s_weighted_cross_entropy(
    power: float, smoothing: float, multiclass: TaskKind
) -> None:
    outputs, targets = torch.randn(6, 1, 3), torch.tensor([0, 1, 1, 1, 2, 2])
    # Counts in proportion to those in training, so that torch's division by the weights is by one.
    raw = torch.tensor([10.0, 30.0, 20.0]) ** -power
    expected = cross_entropy(outputs[:, 0], targets, weight=raw, label_smoothing=smoothing)
    loss = ClassWeighted(multiclass, power=power, smoothing=smoothing)
    assert_close(loss(outputs, targets.float().unsqueeze(1), None), expected)


def test_classes_weigh_the_same_at_full_power(multiclass: TaskKind) -> None:
    outputs = torch.zeros(6, 1, 3, requires_grad=True)
    targets = torch.tensor([[0.0], [1.0], [1.0], [1.0], [2.0], [2.0]])
    ClassWeighted(multiclass, power=1.0)(outputs, targets, None).backward()
    assert outputs.grad is not None
    assert_close(outputs.grad.sum(0), torch.zeros(1, 3))


@mark.parametrize("wrong", [{"power": -0.1}, {"power": 1.1}, {"smoothing": 1.0}])
def test_rejects(wrong: dict[str, float], multiclass: TaskKind) -> None:
    with raises(ValueError, match="must hold"):
        ClassWeighted(multiclass, **wrong)


def test_levels_weigh_by_the_probability_of_their_own() -> None:
    labels = np.array(["1", "2", "2", "3", "3", "3"], dtype=object)
    kind = Ordinal.fit(labels, np.ones(6, dtype=bool))
    assert_loss_contract(partial(ClassWeighted, power=1.0), kind, labels)
    outputs, targets = torch.randn(6, 1, 2), torch.tensor(kind.encode(labels)).float()[:, None]
    own = -kind.predict(outputs)[:, 0].gather(-1, targets.long()).log()
    weights = torch.tensor([2.0, 1.0, 2 / 3])[targets.long()]
    assert_close(ClassWeighted(kind, power=1.0)(outputs, targets, None), (own * weights).mean())
