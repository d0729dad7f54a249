"""The head: the last layers of one task, from its feature to its outputs."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from automtl.core.block import Features
from automtl.core.task import TaskKind
from automtl.errors import PluginError

LINEAR = "linear"  # the name of the head that needs no plugin: one linear layer


class Head(nn.Module, ABC):
    """
    Abstract base class of the heads. A head maps the feature of one task to its outputs; members
    of an ensemble may share its weights. It must trace to ONNX. The options of its constructor are
    the ones that a search space may vary.

    :param inputs: The shape of the feature.
    :param kind: The fitted kind of the task; it tells what is known of the training labels.
    :param n_outputs: How many numbers to give: ``kind.n_outputs``, or more if the loss asks for it.
    :raises PluginError: If the head does not serve this kind.
    """

    name: ClassVar[str]  # how search spaces refer to it
    citation: ClassVar[str]  # URL of the paper it implements
    kinds: ClassVar[tuple[str, ...]]  # the names of the task kinds it serves

    def __init__(self, inputs: Features, kind: TaskKind, n_outputs: int) -> None:
        if kind.name not in self.kinds:
            served = " or ".join(f"'{name}'" for name in self.kinds)
            raise PluginError(
                f"The head '{self.name}' serves tasks of the kind {served}, but this one is "
                f"'{kind.name}'. Choose another head, such as '{LINEAR}', for it."
            )
        super().__init__()
        self.inputs, self.n_outputs = inputs, n_outputs

    @abstractmethod
    def forward(self, features: Tensor, /) -> Tensor:
        """Maps ``[batch, members, size]`` to ``[batch, members, n_outputs]``; one member is 1."""

    def __call__(self, features: Tensor, /) -> Tensor:
        outputs: Tensor = super().__call__(features)
        if tuple(outputs.shape[1:]) != (features.shape[1], self.n_outputs):
            raise ValueError(
                f"The head '{self.name}' must give [batch, {features.shape[1]}, {self.n_outputs}], "
                f"but gave {list(outputs.shape)}."
            )
        return outputs


def check_one_output_per_label(head: str, kind: TaskKind, n_outputs: int) -> None:
    """
    For heads whose outputs stand for labels.

    :raises PluginError: If ``n_outputs`` is not the number of labels.
    """
    if n_outputs != kind.n_targets:
        raise PluginError(
            f"The head '{head}' gives one number for each of {kind.n_targets} labels, but the loss "
            f"asks for {n_outputs}. Choose another loss or the head '{LINEAR}'."
        )
