"""The schedule: how the learning rate changes during training."""

from abc import ABC, abstractmethod
from typing import ClassVar


class Schedule(ABC):
    """
    Abstract base class of the learning rate schedules. The options of its constructor, behind
    ``n_epochs``, are the ones that a search space may vary.

    :param n_epochs: The most epochs that the training may last.
    """

    name: ClassVar[str]  # how search spaces refer to it
    citation: ClassVar[str]  # URL of the paper it implements

    def __init__(self, n_epochs: int) -> None:
        self.n_epochs = n_epochs

    @abstractmethod
    def factor(self, epoch: int) -> float:
        """The factor of the learning rate in ``epoch``, counted from 0."""
