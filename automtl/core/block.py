"""The block: what a stage of the network is made of."""

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar

from torch import nn


@dataclass(frozen=True)
class InputSpec:
    """
    How the columns of the network's input are laid out: numbers first, then flags (booleans and
    indicators of missing values), then one group of one-hot columns a categorical column, then
    plain columns.

    :param quantiles: For each number the distinct quantiles of its training values, ascending, at
        least two of them; a frequent value takes no more of them than one.
    :param n_flags: How many columns are 0 or 1.
    :param categories: For each categorical column how many one-hot columns it has.
    :param n_plain: How many columns are to be taken as they are: numbers that are mostly zero, one
        of very many, and the slots of texts. There may be thousands, most of them 0 in a row.
    """

    quantiles: tuple[tuple[float, ...], ...]
    n_flags: int
    categories: tuple[int, ...]
    n_plain: int = 0

    @property
    def size(self) -> int:
        """How many columns there are."""
        return len(self.quantiles) + self.n_flags + sum(self.categories) + self.n_plain


@dataclass(frozen=True)
class Features:
    """
    The shape of a feature: ``[batch, size]``, or ``[batch, members, size]`` with an ensemble axis.

    :param members: The length of the ensemble axis, None where there is none.
    :param layout: What the columns are, for the network's input; None behind the first stage.
    """

    size: int
    members: int | None = None
    layout: InputSpec | None = None


class Block(nn.Module, ABC):
    """
    Abstract base class of the blocks. A block maps features of the shape ``inputs`` to features
    of the shape ``outputs``, which it sets in its constructor. The options of its constructor are
    the ones that a search space may vary.

    The loss of a network with an ensemble axis is the mean over the members, its prediction the
    mean of their predictions.

    :param inputs: The shape of what comes in. ``inputs.layout`` tells the first stage's block what
        the columns are.
    """

    name: ClassVar[str]  # how search spaces refer to it
    citation: ClassVar[str]  # URL of the paper it implements
    outputs: Features

    def __init__(self, inputs: Features) -> None:
        super().__init__()
        self.inputs = inputs
