"""Brings scores that were fitted by squared error to the scale of a task's own loss."""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

FLAT = 1e-9  # scores that deviate less than this are one number
STEEPEST = 30.0  # deviation of a calibrated score, unless the score's own is greater than one

Objective: TypeAlias = Callable[[Tensor], Tensor]


def calibrate(scores: Tensor, loss: Objective) -> tuple[Tensor, Tensor]:
    """
    The scale and shift of each column that minimise a task's own loss, for outputs that are logits
    or logarithms while the scores were fitted by squared error: Platt's scaling (1999; see
    https://doi.org/10.1007/s10994-007-5018-6) for any loss. Scales are bounded, so that scores that
    separate the classes do not send them to infinity, and never negative. Of identity, scale and
    shift as L-BFGS finds them, and the best constants, those of the least loss are taken; where
    all fail, the identity.

    :param scores: Leave-one-out predictions, ``[n_rows, n_outputs]``, finite.
    :param loss: Maps outputs ``[n_rows, n_outputs]`` to one number.
    :returns: Scale and shift, ``[n_outputs]`` each, for ``scale * scores + shift``.
    """
    exact = scores.detach().double()
    centre, spread = exact.mean(0), exact.std(0, correction=0)
    inverse = torch.where(spread > FLAT, 1 / spread, 0.0)
    standard = (exact - centre) * inverse

    def loss_of(scale: Tensor, shift: Tensor) -> Tensor:
        return loss((scale * standard + shift).to(scores.dtype))

    one = torch.ones_like(centre)
    fits = [(spread, centre), *_calibrations(loss_of, centre, spread)]
    with torch.no_grad():
        values = [loss_of(scale, shift).item() for scale, shift in fits]
    best = min(
        range(len(fits)), key=lambda at: values[at] if math.isfinite(values[at]) else math.inf
    )
    scale, shift = fits[best]
    scale = one if best == 0 else scale * inverse
    shift = torch.zeros_like(one) if best == 0 else shift - scale * centre
    return scale.to(scores.dtype), shift.to(scores.dtype)


def _calibrations(
    loss_of: Callable[[Tensor, Tensor], Tensor], centre: Tensor, spread: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """Scale and shift of standardised scores: the best of both, and the best constant."""
    steepest = STEEPEST * spread.clamp(min=1)
    start = (spread / steepest).clamp(1e-6, 0.5).logit()
    slope, shift = start.requires_grad_(), centre.clone().requires_grad_()
    _minimise([slope, shift], lambda: loss_of(steepest * slope.sigmoid(), shift))
    yield (steepest * slope.sigmoid()).detach(), shift.detach()
    nothing, level = torch.zeros_like(centre), centre.clone().requires_grad_()
    _minimise([level], lambda: loss_of(nothing, level))
    yield nothing, level.detach()


def _minimise(parameters: list[Tensor], value: Callable[[], Tensor]) -> None:
    """L-BFGS, in place."""
    optimiser = torch.optim.LBFGS(
        parameters, max_iter=100, tolerance_change=1e-8, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        optimiser.zero_grad()
        loss = value()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    with torch.enable_grad():
        optimiser.step(closure)  # type: ignore[no-untyped-call]
