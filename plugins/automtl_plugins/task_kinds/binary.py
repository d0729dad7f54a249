"""Binary classification: one of two classes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from automtl.core import labels as class_labels
from automtl.core import metrics as scores
from automtl.core.task import Floats, Metric, TaskKind
from automtl.errors import DataError, LabelError
from automtl.hookspecs import hookimpl


@dataclass(frozen=True)
class Binary(TaskKind):
    """
    Logistic regression on the features, judged by the logarithmic score of `Strictly Proper
    Scoring Rules <https://doi.org/10.1198/016214506000001437>`_ (JASA, 2007).

    :param names: The two labels in the order of their text, or the positive one last: metrics that
        single out one class take the second.
    :param counts: How many training rows each class has.
    :param class_weights: How much a label of each weighs in the loss; empty if all do the same.
    :param positive: The label that was said to be the positive one.
    """

    name: ClassVar[str] = "binary"
    citation: ClassVar[str] = "https://doi.org/10.1198/016214506000001437"
    numeric: ClassVar[bool] = False
    options: ClassVar[frozenset[str]] = frozenset({"class_weights", "positive"})
    primary: ClassVar[str] = "log_loss"
    shared_loss: ClassVar[bool] = True
    metrics: ClassVar[Mapping[str, Metric]] = {
        "log_loss": Metric(scores.log_loss, best=0.0),
        "roc_auc": Metric(scores.roc_auc, best=1.0),
        "accuracy": Metric(scores.accuracy, best=1.0),
        "balanced_accuracy": Metric(scores.balanced_accuracy, best=1.0),
        "precision": Metric(scores.precision, best=1.0),
        "recall": Metric(scores.recall, best=1.0),
        "f1": Metric(scores.f1, best=1.0),
        "matthews": Metric(scores.matthews, best=1.0),
        "average_precision": Metric(scores.average_precision, best=1.0),
        "brier": Metric(scores.brier, best=0.0),
        "calibration_error": Metric(scores.calibration_error, best=0.0),
    }

    names: tuple[str, ...]
    counts: tuple[int, ...]
    class_weights: tuple[float, ...] = ()
    positive: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))  # JSON has lists only
        object.__setattr__(self, "counts", tuple(self.counts))
        object.__setattr__(self, "class_weights", tuple(self.class_weights))

    @classmethod
    def fit(
        cls,
        labels: NDArray[Any],
        train: NDArray[np.bool_],
        *,
        class_weights: object = None,
        positive: object = None,
        **options: Any,
    ) -> Self:
        """
        Counts the two classes.

        :param class_weights: A factor for each class, 1 where it is left out.
        :param positive: The class that precision, recall, F1 and the like are about.
        :raises DataError: Unless there are two classes, each with a training row; or if a weight
            is of none or not positive, or ``positive`` is none.
        """
        known = Counter(label for label in labels.tolist() if label is not None)
        found = class_labels.listing(sorted(known)) or "none"
        if len(known) < 2:
            raise DataError(f"A binary task has two classes, but found {found}.")
        if len(known) > 2:
            rarest = min(sorted(known, reverse=True), key=lambda label: known[label])
            raise LabelError(
                f"A binary task has two classes, but found {found}. Mend '{rarest}' here if it is "
                f"a mistake, or use the kind 'multiclass'.",
                labels.tolist().index(rarest),
            )
        counts = class_labels.count_classes(labels, train)
        named = None if positive is None else class_labels.named(positive, counts)
        counts = dict(sorted(counts.items(), key=lambda pair: pair[0] == named))
        weights = class_labels.class_weights(class_weights, counts)
        return cls(tuple(counts), tuple(counts.values()), weights, named)

    @property
    def n_outputs(self) -> int:
        return 1

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def constant_loss(self) -> float:
        return class_labels.entropy(self.counts, self.class_weights)

    def constant(self) -> Floats:
        return class_labels.smoothed_frequencies(self.counts)

    def encode(self, labels: NDArray[Any]) -> Floats:
        return class_labels.class_indices(labels, self.names)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logits = outputs[..., 0]
        return functional.binary_cross_entropy_with_logits(
            logits, targets.expand_as(logits), reduction="none"
        )

    def predict(self, outputs: Tensor) -> Tensor:
        # not one minus the other: that would round a small probability away
        return torch.cat([torch.sigmoid(-outputs), torch.sigmoid(outputs)], dim=-1)

    def linear(self, targets: Floats) -> Floats:
        return targets[:, None]


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Binary]
