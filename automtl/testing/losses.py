"""The contract of losses."""

import math
from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.testing import assert_close

from automtl.core.loss import Loss
from automtl.core.task import TaskKind
from automtl.testing.common import check_named, seeded


@seeded()
def assert_loss_contract(
    make: Callable[[TaskKind], Loss], kind: TaskKind, labels: NDArray[Any]
) -> None:
    """
    Asserts of a loss, with one member and with three: it gives a finite number, never negative,
    also of large outputs, whose gradient is finite; it is the mean over members; a row without a
    label has no influence, and without any label it is zero; descending its gradient lessens it.

    :param kind: A fitted kind that the loss serves.
    :param labels: Labels of that kind, ``[n_rows]``, or ``[n_rows, n_columns]`` of several columns,
        some of them missing.
    """
    loss = make(kind)
    check_named(type(loss))
    assert kind.name in loss.kinds, f"`{loss.name}` serves {loss.kinds}, not '{kind.name}'."
    assert loss.extra_outputs >= 0, f"`{loss.extra_outputs=} >= 0` must hold."
    encoded = torch.tensor(kind.encode(labels), dtype=torch.float32).view(len(labels), -1)
    targets, labelled = encoded.nan_to_num(), (~encoded.isnan()).float()
    outputs = torch.randn(len(labels), 3, kind.n_outputs + loss.extra_outputs)
    _check_bounded(loss, outputs, targets, labelled)
    _check_members(loss, outputs, targets, labelled)
    _check_masked(loss, outputs, targets, labelled)
    _check_lessened(loss, outputs, targets, labelled)


def _check_bounded(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    signs = outputs.sign()
    for given in (outputs, outputs[:, :1], 0 * signs, 30 * signs, 100 * signs):
        for there in (labelled, None):
            free = given.clone().requires_grad_()
            value = loss(free, targets, there)
            assert value.shape == (), f"`{loss.name}` must give a number, but gave {value.shape}."
            proper = 0 <= value < math.inf
            assert proper, f"`0 <= {value} < inf` must hold of `{loss.name}`."
            value.backward()  # type: ignore[no-untyped-call]
            assert free.grad is not None, f"No gradient of `{loss.name}` reaches the outputs."
            assert free.grad.isfinite().all(), f"`{loss.name}` has a gradient that is not finite."


def _check_members(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    each = [loss(outputs[:, [member]], targets, labelled) for member in range(outputs.shape[1])]
    found = loss(outputs, targets, labelled)
    assert_close(found, torch.stack(each).mean(), msg=f"`{loss.name}` is no mean over members.")
    full = loss(outputs, targets, torch.ones_like(labelled))
    assert_close(loss(outputs, targets, None), full, msg="None is for labels that are all there.")


def _check_masked(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    gone = torch.cat([labelled, torch.zeros_like(labelled)])
    free = torch.cat([outputs, torch.randn_like(outputs)]).requires_grad_()
    value = loss(free, torch.cat([targets, torch.zeros_like(targets)]), gone)
    known = loss(outputs, targets, labelled)
    assert_close(value, known, msg=f"In `{loss.name}`, rows without a label have influence.")
    value.backward()  # type: ignore[no-untyped-call]
    assert free.grad is not None
    assert not free.grad[len(outputs) :].any(), f"`{loss.name}` has a gradient without a label."
    free.grad = None
    nothing = loss(free, torch.zeros_like(gone), torch.zeros_like(gone))
    nothing.backward()  # type: ignore[no-untyped-call]
    assert nothing == 0, f"`{loss.name}` is {nothing} without any label."
    assert free.grad is not None, f"Without any label, the gradient of `{loss.name}` must be zero."
    assert not free.grad.any(), f"`{loss.name}` has a gradient without any label."


def _check_lessened(loss: Loss, outputs: Tensor, targets: Tensor, labelled: Tensor) -> None:
    free = outputs.clone().requires_grad_()
    optimizer = torch.optim.Adam([free], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        loss(free, targets, labelled).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    before, after = (float(loss(given, targets, labelled)) for given in (outputs, free.detach()))
    assert after < before, f"Its gradient does not lessen `{loss.name}`: {before} to {after}."
