"""The kernel skip: ridge regressions on how similar the input is to some rows for training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from automtl.model.inputs import InputRows, chunks, some_rows
from automtl.model.skips.ridge import (
    BLOCK,
    BUDGET,
    Groups,
    Ridge,
    Table,
    cost,
    groups_of,
    ridge,
    some_of,
)

WIDTHS = (0.1, 0.3, 1.0, 3.0)  # the kernel is exp(-width d), with d relative to its mean
LANDMARKS = 2000  # at most; and all of them together so many
LANDMARK_NUMBERS = 1 << 24  # numbers, where there are very many columns
ROWS = 30_000  # that a regression is fitted on, at most
PROBED, PROBE_ROWS = 500, 2000  # landmarks and rows, at most, that widths are compared on
RANK = 1e-6  # eigenvalues of the landmarks' similarities below this share of the largest are zero


class KernelSkip(nn.Module):
    r"""
    Frozen kernel ridge regressions; zero until they are fitted or loaded.

    The kernel is Gaussian, :math:`k(x, z) = \exp(-w \|x - z\|^2 / \bar d)`, where
    :math:`\bar d` is the mean squared distance of two landmarks, :math:`z` is a landmark and
    :math:`w` one of `WIDTHS`; each output has weights for one of these.

    :param landmarks: Rows of the network's input, ``[n_landmarks, n_inputs]``. They are not among
        what is saved: all networks of a search have the same ones.
    :param n_outputs: How many numbers it gives.
    """

    landmarks: Tensor
    weight: Tensor  # [n_widths, n_landmarks, n_outputs]
    bias: Tensor  # [n_outputs]

    def __init__(self, landmarks: Tensor, n_outputs: int) -> None:
        super().__init__()
        spread = 2 * landmarks.double().var(0, correction=0).sum().item()
        self.rate = 1 / spread if spread > 0 else 0.0
        self.register_buffer("landmarks", landmarks, persistent=False)
        self.register_buffer("weight", torch.zeros(len(WIDTHS), len(landmarks), n_outputs))
        self.register_buffer("bias", torch.zeros(n_outputs))

    def forward(self, features: Tensor) -> Tensor:
        """``[batch, n_inputs]`` to ``[batch, n_outputs]``."""
        (outputs,) = kernel_outputs([self], features)
        return outputs


def kernel_outputs(skips: Sequence[KernelSkip], features: Tensor) -> tuple[Tensor, ...]:
    """
    What skips of the same landmarks give, at the cost of one: ``[batch, n_inputs]`` to one
    ``[batch, n_outputs]`` each. In float64: weights of a hundred and more, of either sign, cancel
    out.
    """
    first, weights = skips[0], torch.cat([skip.weight for skip in skips], dim=2)
    distances = first.rate * squared_distances(features.double(), first.landmarks.double())
    outputs = torch.cat([skip.bias for skip in skips]).double()
    for width, weight in zip(WIDTHS, weights.double(), strict=True):
        outputs = torch.addmm(outputs, torch.exp(-width * distances), weight)
    sizes = [len(skip.bias) for skip in skips]
    return torch.split(outputs.to(features.dtype), sizes, dim=1)


def squared_distances(one: Tensor, other: Tensor) -> Tensor:
    """``[n, size]`` and ``[m, size]`` to ``[n, m]``."""
    norms = one.square().sum(1, keepdim=True) + other.square().sum(1)
    return (norms - 2 * one @ other.T).clamp(min=0)


def choose_landmarks(inputs: InputRows, targets: Tensor) -> Tensor:
    """
    Random rows, as many as regressions on them are affordable for, ``[n_landmarks, n_inputs]``.

    :param inputs: The network's input, ``[n_rows, n_inputs]``.
    :param targets: What is to be fitted, ``[n_rows, n_outputs]``, NaN where a label is missing.
    """
    sizes = [min(len(rows), ROWS) for _, rows in groups_of(targets)]
    kept = min(len(inputs), LANDMARKS, max(2, LANDMARK_NUMBERS // inputs.shape[1]))
    while kept > 2 and sum(cost(size, kept) for size in sizes) > BUDGET:
        kept = kept * 9 // 10
    shuffled = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(0))
    return inputs[shuffled[:kept].to(inputs.device)]


def fit_kernel(inputs: InputRows, targets: Tensor, landmarks: Tensor) -> tuple[KernelSkip, Tensor]:
    r"""
    Kernel ridge regression of each column of targets, as `ridge` has it, in the Nystroem
    approximation (Williams and Seeger, 2000, https://papers.nips.cc/paper/1866): on features
    :math:`\phi(x) = k(x, Z) K_{ZZ}^{-1/2}`, whose products are the kernel where rows are landmarks
    :math:`Z`, and close to it elsewhere.

    Each column has the width whose leave-one-out error is least, by regressions on some of the rows
    and of the landmarks.

    :param inputs: The network's input, ``[n_rows, n_inputs]``, finite.
    :param targets: What to fit, ``[n_rows, n_outputs]``, NaN where a label is missing.
    :param landmarks: ``[n_landmarks, n_inputs]``; not necessarily among the rows.
    :returns: The skip, and the rows' offsets, ``[n_rows, n_outputs]``: leave-one-out predictions
        where a row was in a column's fit, the skip's own elsewhere.
    """
    skip = KernelSkip(landmarks, targets.shape[1]).to(inputs.device)
    groups = groups_of(targets)
    widths = _widths(inputs, targets, groups, landmarks[:PROBED])
    left_out = torch.full_like(targets, torch.nan)
    for at in sorted(set(widths)):
        chosen = [([c for c in columns if widths[c] == at], rows) for columns, rows in groups]
        similar = _Similar.of(landmarks, WIDTHS[at] * skip.rate)
        for rows, columns, fit in similar.regressions(inputs, targets, chosen, ROWS):
            skip.weight[at][:, columns] = (similar.basis @ fit.weight).to(skip.weight)
            skip.bias[columns] = fit.bias.to(skip.bias)
            left_out[rows[:, None], columns] = fit.left_out.to(left_out)
    offsets = torch.cat([skip(block) for block in chunks(inputs, BLOCK)])
    return skip, torch.where(left_out.isnan(), offsets, left_out)


def _widths(inputs: InputRows, targets: Tensor, groups: Groups, landmarks: Tensor) -> list[int]:
    """Which of `WIDTHS` suits each column of targets."""
    rate = KernelSkip(landmarks, 0).rate
    errors = torch.zeros(len(WIDTHS), targets.shape[1], dtype=torch.float64)
    for at, width in enumerate(WIDTHS):
        similar = _Similar.of(landmarks, width * rate)
        for rows, columns, fit in similar.regressions(inputs, targets, groups, PROBE_ROWS):
            wrong = fit.left_out - targets[rows][:, columns]
            errors[at, columns] = wrong.square().sum(0).cpu()
    return errors.argmin(0).tolist()


@dataclass(frozen=True)
class _Similar:
    """
    The features of one width, scaled so that their squares sum up to the number of landmarks, as
    those of standardised columns do.
    """

    landmarks: Tensor  # [n_landmarks, n_inputs]
    rate: float
    basis: Tensor  # [n_landmarks, rank], of similarities to features

    @classmethod
    def of(cls, landmarks: Tensor, rate: float) -> "_Similar":
        exact = landmarks.double()
        among = torch.exp(-rate * squared_distances(exact, exact))
        values, vectors = torch.linalg.eigh(among)
        kept = values > RANK * values[-1]
        return cls(exact, rate, vectors[:, kept] * (len(exact) / values[kept]).sqrt())

    def regressions(
        self, inputs: InputRows, targets: Tensor, groups: Groups, most: int
    ) -> Iterator[tuple[Tensor, list[int], Ridge]]:
        """Rows, columns and fit of each group of columns, on ``most`` rows of each."""
        parts = [(columns, some_of(rows, most)) for columns, rows in groups if columns]
        whole = None
        if len(inputs) <= min(ROWS, sum(len(rows) for _, rows in parts)):
            whole = self._table(inputs)
        for columns, rows in parts:
            wanted = targets[rows][:, columns].double()
            if whole is not None:
                yield rows, columns, ridge(whole, rows, wanted)
            else:
                every = torch.arange(len(rows), device=rows.device)
                yield rows, columns, ridge(self._table(some_rows(inputs, rows)), every, wanted)

    def _table(self, inputs: InputRows) -> Table:
        blocks = (
            torch.exp(-self.rate * squared_distances(block.double(), self.landmarks)) @ self.basis
            for block in chunks(inputs, BLOCK)
        )
        return Table.of(torch.cat([block.to(inputs.dtype) for block in blocks]))
