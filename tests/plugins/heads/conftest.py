"""What the heads' tests need: a kind of several labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pytest import fixture
from torch import Tensor, nn

from automtl.core.task import Floats, Metric, TaskKind

Labels = Callable[[int], TaskKind]


@dataclass(frozen=True)
class Several(TaskKind):
    """Labels of which heads know how often they occur, alone and together."""

    name: ClassVar[str] = "multilabel"
    citation: ClassVar[str] = "https://example.org"
    numeric: ClassVar[bool] = True
    several: ClassVar[bool] = True
    primary: ClassVar[str] = "none"
    metrics: ClassVar[Mapping[str, Metric]] = {}
    counts: tuple[tuple[int, int], ...]
    cooccurrence: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(cls, labels: NDArray[Any], train: NDArray[np.bool_], **options: Any) -> Self:
        together = labels[train].T @ labels[train]
        positives = together.diagonal()
        counts = [(int(train.sum() - n), int(n)) for n in positives]
        share = together / positives.clip(min=1)[:, None]
        return cls(tuple(counts), tuple(map(tuple, share.tolist())))

    @property
    def n_targets(self) -> int:
        return len(self.counts)

    @property
    def n_outputs(self) -> int:
        return len(self.counts)

    @property
    def constant_loss(self) -> float:
        return 1.0

    def constant(self) -> Floats:
        return np.full(self.n_targets, 0.5)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return labels.astype(np.float64)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none")

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs.sigmoid()


@fixture(scope="session")
def labels() -> Labels:
    """Makes a kind of so many labels, fitted to made-up rows in which later labels are rarer."""

    def make(n_labels: int) -> TaskKind:
        rng = np.random.default_rng(0)
        cause = rng.random((500, 1)) * rng.random((500, n_labels))
        rows = (cause > np.linspace(0.1, 0.6, n_labels)).astype(float)
        return Several.fit(rows, np.ones(500, dtype=bool))

    return make
