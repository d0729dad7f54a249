"""The linear skip: ridge regressions from the input to every output."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from automtl.core.block import InputSpec
from automtl.model.inputs import InputRows
from automtl.model.skips.ridge import BUDGET, Table, affordable, groups_of, ridge

CONSTANT = 1e-5  # a column that deviates less than this tells nothing


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


def fit_linear(inputs: InputRows, targets: Tensor, layout: InputSpec) -> tuple[LinearSkip, Tensor]:
    """
    Fits a `ridge` to each column of targets on the rows that are labelled.

    Columns with the same missing rows share a decomposition. Where all decompositions would cost
    more than `BUDGET`, each is of a random part of the rows that costs its share.

    :param inputs: The network's input, ``[n_rows, layout.size]``, finite.
    :param targets: What to fit, ``[n_rows, n_outputs]``, NaN where a label is missing.
    :param layout: What the columns of the input are.
    :returns: The skip, and the rows' offsets, ``[n_rows, n_outputs]``: leave-one-out predictions
        where a row was in a column's fit, the skip's own elsewhere.
    """
    (n_rows, n_inputs), n_numbers = inputs.shape, len(layout.quantiles)
    table = _standardised(inputs, n_numbers)
    weight = targets.new_zeros(n_inputs, targets.shape[1], dtype=torch.float64)
    bias = weight.new_zeros(targets.shape[1])
    groups = groups_of(targets)
    fits = []
    for columns, labelled in groups:
        rows = affordable(labelled, n_inputs, BUDGET / len(groups))
        fit = ridge(table, rows, targets[rows][:, columns].double())
        weight[:, columns], bias[columns] = fit.weight, fit.bias
        fits.append((rows, columns, fit))
    offsets = targets.new_empty(n_rows, targets.shape[1], dtype=inputs.dtype)
    for part, block in table.blocks(torch.arange(n_rows, device=inputs.device)):
        offsets[part] = (block @ weight + bias).to(offsets.dtype)
    for rows, columns, fit in fits:
        offsets[rows[:, None], columns] = fit.left_out.to(offsets.dtype)
    skip = LinearSkip(n_inputs, targets.shape[1], n_numbers).to(inputs.device)
    folded = weight * table.inverse[:, None]
    skip.weight.copy_(folded)
    skip.bias.copy_(bias - table.centre @ folded)
    return skip, offsets


def _unclipped(inputs: InputRows, curve: Tensor) -> InputRows:
    """All rows as `unclip` gives them: it leaves zeros as they are."""
    if isinstance(inputs, Tensor):
        return unclip(inputs, curve)
    return inputs.each(lambda numbers, columns: unclip(numbers, curve[columns]))


def _standardised(inputs: InputRows, n_numbers: int) -> Table:
    """
    The unclipped input with means and deviations of all rows. Numbers get variance one; others,
    which are mostly flags, are divided by the root of their deviation (Pareto scaling, van den Berg
    et al., 2006, https://doi.org/10.1186/1471-2164-7-142), so that rare flags do not become large
    numbers: a flag that is 1 in half of the rows gets variance one, too, and a rarer one less.
    """
    n_rows, size = inputs.shape
    curve = curve_of(size, n_numbers).to(inputs.device, inputs.dtype)
    raw = Table.of(_unclipped(inputs, curve))
    rows = torch.arange(n_rows, device=inputs.device)
    around = replace(raw, centre=raw.mean(rows))
    squares = (block.square().sum(0) for _, block in around.blocks(rows))
    variance = sum(squares, torch.zeros_like(raw.centre)) / n_rows
    inverse = torch.where(variance > CONSTANT**2, variance.rsqrt(), 0.0)
    inverse[n_numbers:] = (2 * inverse[n_numbers:]).sqrt()
    return replace(around, inverse=inverse)
