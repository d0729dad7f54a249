"""
The linear skip: ridge regressions from the input to every output, solved in closed form.

A network's outputs are its own plus the skip's, ``network(x) + skip(x)``, and the skip is frozen:
the network learns what the best linear function leaves over. On small wide tables that is most of
the way, because a strength of regularisation chosen per column, exactly, is what gradient steps
with one weight decay cannot give.

Training rows must not see a skip that has seen their own labels, or the residuals that the network
learns from are smaller than those it will meet: their offsets are leave-one-out predictions, which
cost nothing once a matrix is decomposed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

from automtl.core.block import InputSpec

# Strengths a label: eight decades in steps of half a decade, between which leave-one-out errors
# hardly change. Numbers have variance one, so the eigenvalues of their covariance have mean one:
# 1e-5 is least squares, up to float32; 1e3 leaves little of anything but a direction that a
# thousand columns share. The last is no skip at all: the mean of the targets.
STRENGTHS = (*(10 ** (half / 2) for half in range(-10, 7)), math.inf)
BUDGET = 2e12  # floating-point operations of all decompositions: about a minute on one core
BLOCK = 4096  # rows that are float64 at a time
CONSTANT = 1e-5  # a column that deviates less than this tells nothing
RANK = 1e-12  # eigenvalues below this share of the largest are zero
FLAT = 1e-9  # scores that deviate less than this are one number
STEEPEST = 30.0  # deviation of a calibrated score, unless the score's own is greater than one

Objective: TypeAlias = Callable[[Tensor], Tensor]


def unclip(features: Tensor, curve: Tensor) -> Tensor:
    r"""
    Undoes the smooth clipping :math:`s = z / \sqrt{1 + (z / 3)^2}` of the network's input, up to
    :math:`|z| = 30`.

    :param features: The network's input, ``[*, size]``.
    :param curve: What `curve_of` gives, ``[size]``.
    :returns: :math:`z = s / \sqrt{\max(1 - s^2 / 9, 0.01)}` for numbers, others as they are.
    """
    return features / (1 - features.square() * curve).clamp(min=0.01).sqrt()


def curve_of(size: int, n_numbers: int) -> Tensor:
    """A ninth for each of the numbers, which come first, zero for other columns: ``[size]``."""
    return torch.cat([torch.full((n_numbers,), 1 / 9), torch.zeros(size - n_numbers)])


class LinearSkip(nn.Module):
    """
    A frozen linear function of the unclipped input; zero until it is fitted or loaded.

    :param n_inputs: The size of the network's input.
    :param n_outputs: How many numbers it gives.
    :param n_numbers: How many of the input's first columns are clipped numbers.
    """

    weight: Tensor  # [n_inputs, n_outputs]
    bias: Tensor  # [n_outputs]
    curve: Tensor  # [n_inputs]

    def __init__(self, n_inputs: int, n_outputs: int, n_numbers: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_inputs, n_outputs))
        self.register_buffer("bias", torch.zeros(n_outputs))
        self.register_buffer("curve", curve_of(n_inputs, n_numbers), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """``[batch, n_inputs]`` to ``[batch, n_outputs]``."""
        return torch.addmm(self.bias, unclip(features, self.curve), self.weight)

    def rescale(self, scale: Tensor, shift: Tensor) -> None:
        """Makes it give ``scale * outputs + shift``, both ``[n_outputs]``: see `calibrate`."""
        self.bias.mul_(scale).add_(shift)
        self.weight.mul_(scale)


def fit_skip(inputs: Tensor, targets: Tensor, layout: InputSpec) -> tuple[LinearSkip, Tensor]:
    r"""
    Ridge regression of each column of targets on the scaled input, with an intercept:

    .. math:: \min_{w, b} \sum_i (y_i - x_i^T w - b)^2 + n \lambda \|w\|^2

    over the :math:`n` rows that are labelled, with the :math:`\lambda` of `STRENGTHS` whose
    leave-one-out squared error is least. All leave-one-out predictions come from one
    eigendecomposition, as in `sklearn.linear_model.RidgeCV` (Rifkin and Lippert, 2007,
    http://hdl.handle.net/1721.1/37318): with :math:`h_{ii}` the diagonal
    of the hat matrix, :math:`y_i - \hat y_{-i} = (y_i - \hat y_i) / (1 - h_{ii})`.

    Columns with the same missing rows share a decomposition, of the columns' covariance or, where
    there are fewer rows than columns, of the rows' Gram matrix. With :math:`r` the smaller of the
    two it costs :math:`6 n p r + 10 r^3` operations, and never more than `BLOCK` rows are float64
    at a time unless rows are fewer than columns. Where all decompositions would cost more than
    `BUDGET`, each is of a random part of the rows that costs its share.

    :param inputs: The network's input, ``[n_rows, layout.size]``, finite.
    :param targets: What to fit, ``[n_rows, n_outputs]``, NaN where a label is missing.
    :param layout: What the columns of the input are.
    :returns: The skip, and the rows' offsets, ``[n_rows, n_outputs]``: leave-one-out predictions
        where a row was in a column's fit, the skip's own elsewhere.
    """
    (n_rows, n_inputs), n_numbers = inputs.shape, len(layout.quantiles)
    table = _Table.fit(inputs, n_numbers)
    weight = inputs.new_zeros(n_inputs, targets.shape[1], dtype=torch.float64)
    bias = weight.new_zeros(targets.shape[1])
    groups = _groups(targets)
    fits = []
    for columns, labelled in groups:
        rows = _affordable(labelled, n_inputs, BUDGET / len(groups))
        fit = _ridge(table, rows, targets[rows][:, columns].double())
        weight[:, columns], bias[columns] = fit.weight, fit.bias
        fits.append((rows, columns, fit))
    offsets = inputs.new_empty(n_rows, targets.shape[1])
    for part, block in table.blocks(torch.arange(n_rows, device=inputs.device)):
        offsets[part] = (block @ weight + bias).to(offsets.dtype)
    for rows, columns, fit in fits:
        offsets[rows[:, None], columns] = fit.left_out.to(offsets.dtype)
    return table.skip(weight, bias, n_numbers), offsets


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


@dataclass(frozen=True)
class _Table:
    """The input as standardised float64 columns, made block by block."""

    inputs: Tensor  # [n_rows, n_inputs], unclipped
    centre: Tensor  # [n_inputs]
    inverse: Tensor  # [n_inputs], the factor of each column; zero for constant columns

    @classmethod
    def fit(cls, inputs: Tensor, n_numbers: int) -> "_Table":
        """
        Means and deviations of all rows. Numbers get variance one; others, which are mostly flags,
        are divided by the root of their deviation (Pareto scaling, van den Berg et al., 2006,
        https://doi.org/10.1186/1471-2164-7-142), so that rare flags do not become large numbers: a
        flag that is 1 in half of the rows gets variance one, too, and a rarer one less.
        """
        n_rows, size = inputs.shape
        raw = unclip(inputs, curve_of(size, n_numbers).to(inputs))
        zero = raw.new_zeros(size, dtype=torch.float64)
        rows = torch.arange(n_rows, device=inputs.device)
        centre = cls(raw, zero, zero + 1).mean(rows)
        around = cls(raw, centre, zero + 1)
        variance = sum((b.square().sum(0) for _, b in around.blocks(rows)), zero) / n_rows
        inverse = torch.where(variance > CONSTANT**2, variance.rsqrt(), 0.0)
        inverse[n_numbers:] = (2 * inverse[n_numbers:]).sqrt()
        return cls(raw, centre, inverse)

    def blocks(self, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Which of the rows, and their values, ``[at most BLOCK, n_inputs]``."""
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            values = self.inputs[rows[part]].double()
            yield part, values.sub_(self.centre).mul_(self.inverse)

    def mean(self, rows: Tensor) -> Tensor:
        """The mean of each column over some rows, ``[n_inputs]``."""
        zero = torch.zeros_like(self.centre)
        return sum((block.sum(0) for _, block in self.blocks(rows)), zero) / len(rows)

    def skip(self, weight: Tensor, bias: Tensor, n_numbers: int) -> LinearSkip:
        """The skip that does to inputs what weight and bias do to standardised columns."""
        skip = LinearSkip(len(weight), len(bias), n_numbers).to(self.inputs.device)
        folded = weight * self.inverse[:, None]
        skip.weight.copy_(folded)
        skip.bias.copy_(bias - self.centre @ folded)
        return skip


@dataclass(frozen=True)
class _Ridge:
    """Ridge regressions on standardised columns, and leave-one-out predictions of their rows."""

    weight: Tensor  # [n_inputs, n_columns]
    bias: Tensor  # [n_columns]
    left_out: Tensor  # [n_rows, n_columns]


def _ridge(table: _Table, rows: Tensor, targets: Tensor) -> _Ridge:
    """Ridge regressions of targets ``[n_rows, n_columns]``, all labelled."""
    n_rows, n_columns = targets.shape
    if n_rows < 2:  # nothing is left where one is left out
        level = targets.sum(0)
        return _Ridge(level.new_zeros(len(table.centre), n_columns), level, targets.clone())
    centre, level = table.mean(rows), targets.mean(0)
    basis, spectrum = _decomposed(table, rows, centre)
    y = targets - level
    zero = y.new_zeros(len(centre), n_columns)
    products = (block.T @ y[part] for part, block in table.blocks(rows))  # y has mean zero
    moments = basis.T @ sum(products, zero)
    strengths = n_rows * torch.tensor(STRENGTHS, dtype=torch.float64, device=y.device)
    shrink = 1 / (spectrum[:, None] + strengths)  # [rank, n_strengths]
    gaps, errors = _left_out(table, rows, centre, y, basis, moments, shrink)
    best = errors.argmin(0)
    weight = basis @ (moments * shrink[:, best])
    bias = level - centre @ weight
    left_out = torch.empty_like(y)
    for part, block in table.blocks(rows):
        residuals = targets[part] - block @ weight - bias
        left_out[part] = targets[part] - residuals / gaps[part][:, best]
    return _Ridge(weight, bias, left_out)


def _left_out(
    table: _Table,
    rows: Tensor,
    centre: Tensor,
    y: Tensor,
    basis: Tensor,
    moments: Tensor,
    shrink: Tensor,
) -> tuple[Tensor, Tensor]:
    """
    One minus the diagonal of the hat matrix, ``[n_rows, n_strengths]``, and the sums of squared
    leave-one-out errors, ``[n_strengths, n_columns]``.
    """
    n_rows, n_strengths = len(rows), shrink.shape[1]
    gaps = y.new_empty(n_rows, n_strengths)
    errors = y.new_zeros(n_strengths, y.shape[1])
    for part, block in table.blocks(rows):
        along = (block - centre) @ basis
        gaps[part] = 1 - 1 / n_rows - along.square() @ shrink
        for at in range(n_strengths):
            residuals = y[part] - along @ (moments * shrink[:, at, None])
            errors[at] += (residuals / gaps[part, at, None]).square().sum(0)
    return gaps, errors


def _decomposed(table: _Table, rows: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
    """
    The right singular vectors of the centred rows, ``[n_inputs, rank]``, and the squares of their
    singular values, ``[rank]``.
    """
    n_inputs = len(centre)
    if len(rows) < n_inputs:
        x = torch.cat([block - centre for _, block in table.blocks(rows)])
        spectrum, vectors = _positive(x @ x.T)
        return x.T @ (vectors / spectrum.sqrt()), spectrum
    gram = centre.new_zeros(n_inputs, n_inputs)
    for _, block in table.blocks(rows):
        centred = block - centre
        gram.addmm_(centred.T, centred)
    spectrum, vectors = _positive(gram)
    return vectors, spectrum


def _positive(gram: Tensor) -> tuple[Tensor, Tensor]:
    """The positive eigenvalues and their vectors."""
    values, vectors = torch.linalg.eigh(gram)
    kept = values > RANK * values[-1].clamp(min=1e-300)
    return values[kept], vectors[:, kept]


def _groups(targets: Tensor) -> Sequence[tuple[list[int], Tensor]]:
    """Columns that are labelled in the same rows, and these rows."""
    labelled = ~targets.isnan()
    masks = labelled.T.contiguous().cpu().numpy()
    groups: dict[bytes, list[int]] = {}
    for column, mask in enumerate(masks):
        groups.setdefault(mask.tobytes(), []).append(column)
    return [(group, labelled[:, group[0]].nonzero()[:, 0]) for group in groups.values()]


def _affordable(rows: Tensor, n_inputs: int, budget: float) -> Tensor:
    """All rows, or as many random ones as the budget allows."""
    kept = len(rows)
    while kept > 2 and _cost(kept, n_inputs) > budget:
        kept = kept * 3 // 4
    if kept == len(rows):
        return rows
    shuffled = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    return rows[shuffled[:kept].sort().values.to(rows.device)]


def _cost(n_rows: int, n_inputs: int) -> float:
    """Floating-point operations of a decomposition and of projecting the rows on it."""
    rank = min(n_rows, n_inputs)
    return 6.0 * n_rows * n_inputs * rank + 10.0 * rank**3
