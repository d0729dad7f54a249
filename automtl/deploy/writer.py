"""Writes an ONNX graph node by node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET = 20  # of the default domain; the runtimes of 2023 and later load it
ML = "ai.onnx.ml"
VERSIONS = {"": OPSET, ML: 4}
IR_VERSION = 10
BATCH = "batch"  # the one dynamic dimension


class GraphWriter:
    """
    Collects nodes, of each of which one output is used, and the constants they use.

    :param outside: Names that belong to the graph's inputs and outputs. Every other name in the
        graph begins with `prefix`, and none of these does, whatever the columns of a user's table
        are called.
    """

    def __init__(self, outside: Iterable[str] = ()) -> None:
        self.prefix = "automtl/"
        while any(name.startswith(self.prefix) for name in outside):
            self.prefix = f"_{self.prefix}"
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def node(
        self,
        op: str,
        *inputs: str,
        output: str | None = None,
        n_outputs: int = 1,
        used: int = -1,
        **attributes: Any,
    ) -> str:
        """
        Adds a node and gives the name of one of its outputs, a new one unless it is given: of the
        last, or of the one ``used``. The others are not used.
        """
        name = output or f"{self.prefix}{len(self._nodes)}/{op}"
        names = [f"{name}/{number}" for number in range(n_outputs)]
        names[used] = name
        self._nodes.append(helper.make_node(op, inputs, names, **attributes))
        return name

    def constant(self, value: ArrayLike, dtype: DTypeLike) -> str:
        """Adds a constant and gives its name."""
        name = f"{self.prefix}constant/{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def splice(self, model: ModelProto) -> None:
        """
        Adds all nodes of ``model``, each name in it behind `prefix`: its input ``x`` is to be a
        value called ``{prefix}x``, and its output ``y`` is one called ``{prefix}y``.

        What the exporter notes down about shapes and source lines is left behind: the first keeps
        quantisers from changing the weights, the second is nobody's business.
        """
        inner = onnx.compose.add_prefix(model, self.prefix).graph
        for node in inner.node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
        for constant in inner.initializer:
            constant.ClearField("metadata_props")
        self._nodes += inner.node
        self._constants += inner.initializer

    def model(
        self,
        inputs: Sequence[ValueInfoProto],
        outputs: Sequence[ValueInfoProto],
        metadata: Mapping[str, str],
    ) -> ModelProto:
        """
        The graph as a model.

        :raises onnx.checker.ValidationError: If it is not a valid one.
        """
        graph = helper.make_graph(self._nodes, "automtl", inputs, outputs, self._constants)
        domains = {"", *(node.domain for node in self._nodes)}
        imports = [helper.make_opsetid(d, VERSIONS[d]) for d in VERSIONS if d in domains]
        model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
        model.producer_name = "automtl"
        helper.set_model_props(model, dict(sorted(metadata.items())))
        onnx.checker.check_model(model, full_check=True)
        return model


def batch_of(name: str, dtype: int, *shape: int) -> ValueInfoProto:
    """An input or output ``[batch, *shape]``."""
    return helper.make_tensor_value_info(name, dtype, [BATCH, *shape])
