"""Multi-label classification: a set of labels, each of which is there or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from automtl.core import labels as class_labels
from automtl.core.cuts import EVEN
from automtl.core.metrics import label_curves, label_decisions, label_ranks
from automtl.core.task import Floats, Metric, TaskKind
from automtl.core.thresholds import OBJECTIVES, RULES, Decision, tune
from automtl.errors import DataError, LabelError
from automtl.hookspecs import hookimpl

OPTIONS = {"rule": tuple(RULES), "objective": OBJECTIVES}


@dataclass(frozen=True)
class Multilabel(TaskKind):
    """
    Logistic regression of each label on common features: binary relevance (`Mining Multi-label
    Data <https://doi.org/10.1007/978-0-387-09823-4_34>`_, 2010), with decision thresholds that are
    chosen on validation.

    Its primary metric is the logarithmic score, as that of the binary kind: it is proper, needs no
    thresholds, and moves with every probability, where a share of right decisions or of right
    pairs moves in jumps. It is a mean over labels, so that a label that is there in few rows
    counts as much as the others.

    :param names: The names of the labels.
    :param counts: How many training rows are 0 and 1, for each label.
    :param cooccurrence: ``[n_labels, n_labels]``: the share of the training rows with label i that
        have label j too; zero where label i has no positives.
    :param rule: How thresholds are chosen: one of `thresholds.RULES`.
    :param objective: What the rule is to make best: one of `thresholds.OBJECTIVES`.
    :param thresholds: The probability from which on each label is predicted.
    :param top_k: How many of the most probable labels are predicted in any case.
    """

    name: ClassVar[str] = "multilabel"
    citation: ClassVar[str] = "https://doi.org/10.1007/978-0-387-09823-4_34"
    numeric: ClassVar[bool] = True
    several: ClassVar[bool] = True
    flags: ClassVar[bool] = True
    options: ClassVar[frozenset[str]] = frozenset(OPTIONS)
    primary: ClassVar[str] = "log_loss"
    metrics: ClassVar[Mapping[str, Metric]] = {
        "log_loss": Metric(label_curves.log_loss, best=0.0),
        "macro_auc": Metric(label_curves.macro_auc, best=1.0),
        "micro_auc": Metric(label_curves.micro_auc, best=1.0),
        "macro_average_precision": Metric(label_curves.macro_average_precision, best=1.0),
        "micro_average_precision": Metric(label_curves.micro_average_precision, best=1.0),
        "hamming_loss": Metric(label_decisions.hamming_loss, best=0.0, decided=True),
        "subset_accuracy": Metric(label_decisions.subset_accuracy, best=1.0, decided=True),
        "macro_f1": Metric(label_decisions.macro_f1, best=1.0, decided=True),
        "micro_f1": Metric(label_decisions.micro_f1, best=1.0, decided=True),
        "weighted_f1": Metric(label_decisions.weighted_f1, best=1.0, decided=True),
        "samples_f1": Metric(label_decisions.samples_f1, best=1.0, decided=True),
        "ranking_loss": Metric(label_ranks.ranking_loss, best=0.0),
        "coverage_error": Metric(label_ranks.coverage_error, best=0.0),
        "one_error": Metric(label_ranks.one_error, best=0.0),
        "lrap": Metric(label_ranks.label_ranking_average_precision, best=1.0),
        "brier": Metric(label_curves.brier, best=0.0),
        "calibration_error": Metric(label_curves.calibration_error, best=0.0),
    }
    column_metrics: ClassVar[tuple[str, ...]] = (
        "log_loss",
        "macro_auc",
        "macro_average_precision",
        "macro_f1",
    )

    names: tuple[str, ...]
    counts: tuple[tuple[int, int], ...]
    cooccurrence: tuple[tuple[float, ...], ...]
    rule: str
    objective: str
    thresholds: tuple[float, ...]
    top_k: int | None = None

    def __post_init__(self) -> None:
        for field in ("names", "thresholds"):
            object.__setattr__(self, field, tuple(getattr(self, field)))  # JSON has lists only
        for field in ("counts", "cooccurrence"):
            object.__setattr__(self, field, tuple(map(tuple, getattr(self, field))))

    @classmethod
    def fit(
        cls,
        labels: NDArray[Any],
        train: NDArray[np.bool_],
        *,
        columns: Sequence[str] = (),
        rule: str = "balanced",
        objective: str = "macro_f1",
        **options: Any,
    ) -> Self:
        """
        Counts the labels, alone and in pairs. A label that is always or never there in the training
        part stays, see `excluded`: others may be learned beside it.

        :param rule: How thresholds are chosen.
        :param objective: What for.
        :raises DataError: If a label is not 0 or 1, all labels are `excluded`, or an option is
            unknown or contradicts the other.
        """
        for option, value in (("rule", rule), ("objective", objective)):
            if value not in OPTIONS[option]:
                offered = class_labels.listing(OPTIONS[option], len(OPTIONS[option]))
                raise DataError(
                    f"There is no {option} '{value}' of a multilabel task; there are {offered}."
                )
        if (rule, objective) == ("f1", "hamming"):
            raise DataError(
                "The rule f1 makes F1 best, but the objective is hamming, for which 0.5 is. Choose "
                "the rule fixed, global or per_label, or another objective."
            )
        names = tuple(columns) or tuple(str(place) for place in range(labels.shape[1]))
        _check_flags(labels, names)
        known = labels[train]
        counts = tuple(zip((known == 0).sum(0).tolist(), (known == 1).sum(0).tolist(), strict=True))
        even = (EVEN,) * len(names)
        fitted = cls(names, counts, _cooccurrence(known), rule, objective, even)
        if len(fitted.excluded) == len(names):
            raise DataError(
                "A label of a multilabel task is 0 in some training rows and 1 in others, but this "
                "holds for none of them."
            )
        return fitted

    @property
    def excluded(self) -> tuple[str, ...]:
        """The labels that training rows do not have both with and without: nothing is learned."""
        return tuple(
            name for name, pair in zip(self.names, self.counts, strict=True) if not min(pair)
        )

    @property
    def n_targets(self) -> int:
        return len(self.names)

    @property
    def n_outputs(self) -> int:
        return len(self.names)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    @property
    def decision(self) -> Decision:
        return Decision(self.thresholds, self.top_k)

    @property
    def constant_loss(self) -> float:
        sizes = [sum(pair) for pair in self.counts]
        entropies = [class_labels.entropy(pair) for pair in self.counts if sum(pair)]
        return float(np.average(entropies, weights=[size for size in sizes if size]))

    def constant(self) -> Floats:
        return np.array([class_labels.smoothed_frequencies(pair)[1] for pair in self.counts])

    def encode(self, labels: NDArray[Any]) -> Floats:
        return np.asarray(labels, dtype=np.float64)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(
            outputs, targets.expand_as(outputs), reduction="none"
        )

    def predict(self, outputs: Tensor) -> Tensor:
        return outputs.sigmoid()

    def tuned(self, predictions: Floats, targets: Floats) -> Self:
        found = tune(predictions, targets, self.rule, self.objective)
        return replace(self, thresholds=found.thresholds, top_k=found.top_k)

    def linear(self, targets: Floats) -> Floats:
        return targets


def _check_flags(labels: Floats, names: Sequence[str]) -> None:
    wrong = ~np.isnan(labels) & (labels != 0) & (labels != 1)
    if wrong.any():
        column = int(wrong.any(0).argmax())
        row = int(wrong[:, column].argmax())
        raise LabelError(
            f"The labels of a multilabel task are 0 or 1, but '{names[column]}' has "
            f"{labels[row, column]:g}. Mend it, leave it empty, or choose the kind 'multi_output'.",
            row,
            column,
        )


def _cooccurrence(labels: Floats) -> tuple[tuple[float, ...], ...]:
    """Shares of rows with label i that have label j, of those where j is known."""
    positive = (labels == 1).astype(np.float64)
    both = positive.T @ positive
    known = positive.T @ (~np.isnan(labels)).astype(np.float64)
    shares: list[list[float]] = (both / np.maximum(known, 1)).tolist()
    return tuple(map(tuple, shares))


@hookimpl
def automtl_task_kinds() -> Iterable[type[TaskKind]]:
    return [Multilabel]
