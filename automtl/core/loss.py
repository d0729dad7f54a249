"""The loss: what training minimises for a task, where that is not its kind's own."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from automtl.core.task import TaskKind

OWN = "own"  # how search spaces refer to `TaskKind.loss`


class Loss(ABC):
    """
    Abstract base class of the losses. The options of its constructor, by keyword, are the ones
    that a configuration may vary.

    :param kind: The fitted kind of the task, which knows how often labels occurred in training.
    """

    name: ClassVar[str]  # how configurations refer to it
    citation: ClassVar[str]  # URL of the paper it implements
    kinds: ClassVar[tuple[str, ...]]  # the names of the kinds of task that it serves
    epoch: int = 0  # which epoch it is, counted from 0; set by the training

    def __init__(self, kind: TaskKind) -> None:
        self.kind = kind

    @property
    def extra_outputs(self) -> int:
        """How many numbers the head gives beyond those of the kind; predictions ignore them."""
        return 0

    @abstractmethod
    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        """
        The mean loss over the labels that are there and over the members; 0, with a gradient of 0,
        without any label. Never negative: balancers and affinities take ratios and logarithms of
        losses.

        :param outputs: ``[n_rows, members, n_outputs + extra_outputs]``.
        :param targets: ``[n_rows, n_targets]``, of one column for kinds that take one; zero where
            a label is missing.
        :param labelled: The same shape: 1.0 where there is a label, else 0.0; None if none is
            missing.
        """


class LabelLoss(Loss):
    """
    Abstract base class of the losses in which each label has a loss of its own, times the weight of
    its class if the kind has `TaskKind.class_weights`.
    """

    def __call__(self, outputs: Tensor, targets: Tensor, labelled: Tensor | None) -> Tensor:
        losses = self.each(outputs, targets.unsqueeze(1))
        if self.kind.class_weights:
            losses = losses * self.kind.label_weights(targets).unsqueeze(1)
        return masked_mean(losses, labelled)

    @abstractmethod
    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """
        The loss of each label: outputs ``[n_rows, members, n_outputs + extra_outputs]`` and
        targets ``[n_rows, 1, n_targets]`` to ``[n_rows, members, n_targets]``, finite also for
        a missing label, whose target is zero.
        """


def masked_mean(losses: Tensor, there: Tensor | None) -> Tensor:
    """
    The mean over what is there and over the members, or 0 if nothing is.

    :param losses: ``[n_rows, members, n]``, finite also where nothing is there.
    :param there: ``[n_rows, n]``, 1.0 or 0.0; None for 1.0 everywhere.
    """
    each = losses.mean(1)
    if there is None:
        return each.mean()
    return (each * there).sum() / there.sum().clamp_min(1.0)
