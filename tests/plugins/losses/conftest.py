"""Fitted kinds, and labels of them with some missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pytest import fixture
from torch import Tensor

from automtl.core.task import Floats, TaskKind
from automtl_plugins.task_kinds.binary import Binary
from automtl_plugins.task_kinds.multiclass import Multiclass
from automtl_plugins.task_kinds.regression import Regression

NAN = float("nan")
FLAGS = [[1, 0, 1], [0, 0, NAN], [1, 1, 0], [NAN, 0, 0], [0, 1, 1], [0, 0, 0], [NAN, NAN, NAN]]


@dataclass(frozen=True)
class Plain(TaskKind):
    """A kind of numbers that are targets as they are: a loss sees no more of it."""

    counts: tuple[tuple[int, int], ...] = ()
    width: int = 1
    outputs: int = 1

    citation: ClassVar[str] = "https://example.org"

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        return cls()

    @property
    def n_targets(self) -> int:
        return self.width

    @property
    def n_outputs(self) -> int:
        return self.outputs

    @property
    def constant_loss(self) -> float:
        return 1.0

    def constant(self) -> Floats:
        return np.zeros(self.outputs)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.asarray(labels, dtype=np.float64)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return outputs - targets

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs


class Several(Plain):
    name: ClassVar[str] = "multilabel"


class Numbers(Plain):
    name: ClassVar[str] = "multi_output"


class Counts(Plain):
    name: ClassVar[str] = "count"


class Queries(Plain):
    name: ClassVar[str] = "ranking"


@fixture
def flags() -> Floats:
    """Labels of `multilabel`, ``[7, 3]``."""
    return np.array(FLAGS)


@fixture
def multilabel() -> TaskKind:
    return Several(counts=((3, 2), (4, 2), (3, 2)), width=3, outputs=3)


@fixture
def binary() -> TaskKind:
    return Binary(("no", "yes"), (30, 10))


@fixture
def answers() -> NDArray[Any]:
    """Labels of `binary`."""
    return np.array(["no", "yes", None, "no", "yes", "no"], dtype=object)


@fixture
def multiclass() -> TaskKind:
    return Multiclass(("a", "b", "c"), (10, 30, 20))


@fixture
def letters() -> NDArray[Any]:
    """Labels of `multiclass`."""
    return np.array(["b", "a", None, "c", "b", "c"], dtype=object)


@fixture
def regression() -> TaskKind:
    return Regression(0.0, 1.0)


@fixture
def numbers() -> Floats:
    """Labels of `regression`."""
    return np.array([0.3, -1.0, NAN, 2.0, -0.2, 0.0])


@fixture
def multi_output() -> TaskKind:
    return Numbers(width=2, outputs=2)


@fixture
def pairs_of_numbers() -> Floats:
    """Labels of `multi_output`, ``[4, 2]``."""
    return np.array([[0.3, -1.0], [NAN, 2.0], [-0.2, NAN], [1.0, 0.5]])


@fixture
def count() -> TaskKind:
    return Counts()


@fixture
def ranking() -> TaskKind:
    return Queries(width=2)


@fixture
def judged() -> Floats:
    """Labels of `ranking`: relevance and query, ``[9, 2]``."""
    relevance = [2, 0, 1, 1, 0, 3, 0, NAN, 1]
    return np.array([relevance, [0, 1, 0, 1, 0, 0, 1, 1, 2]]).T


Draw = Callable[..., tuple[Tensor, Tensor, Tensor]]


@fixture
def draw() -> Draw:
    """Draws outputs ``[n, 2, width]``, targets of 0 and 1, and which are there, ``[n, width]``."""

    def draw(n: int = 8, width: int = 3) -> tuple[Tensor, Tensor, Tensor]:
        generator = torch.Generator().manual_seed(0)
        outputs = 2 * torch.randn(n, 2, width, generator=generator, dtype=torch.float64)
        targets = torch.randint(2, (n, width), generator=generator).double()
        there = (torch.rand(n, width, generator=generator) < 0.7).double()
        return outputs, targets * there, there

    return draw
