"""Writes an ONNX graph node by node."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from automtl.deploy.lower import lowered

OPSET = 20  # of the default domain; the runtimes of 2024 and later load it
OPSETS = range(17, 24)  # that can be asked for
ML = "ai.onnx.ml"
BATCH = "batch"  # the one dynamic dimension


class GraphWriter:
    """
    Collects nodes, of each of which one output is used, and the constants they use.

    :param outside: Names that belong to the graph's inputs and outputs. Every other name in the
        graph begins with `prefix`, and none of these does, whatever the columns of a user's table
        are called.
    :param opset: The version of the default domain, of `OPSETS`. Nodes are to be valid in it; for
        17, those that are spliced in in 18.
    """

    def __init__(self, outside: Iterable[str] = (), opset: int = OPSET) -> None:
        self.opset = opset
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
        nodes = self._nodes
        if self.opset < 18:
            constants = {constant.name: constant for constant in self._constants}
            nodes = [lowered(node, constants) for node in nodes]
        graph = helper.make_graph(nodes, "automtl", inputs, outputs, self._constants)
        domains = {"", *(node.domain for node in nodes)}
        # Of one release, so that a runtime that knows the one knows the other.
        versions = {"": self.opset, ML: 3 if self.opset < 20 else 4}
        imports = [helper.make_opsetid(d, versions[d]) for d in versions if d in domains]
        oldest = helper.find_min_ir_version_for(imports)
        model = helper.make_model(graph, opset_imports=imports, ir_version=oldest)
        model.producer_name = "automtl"
        helper.set_model_props(model, dict(sorted(metadata.items())))
        onnx.checker.check_model(model, full_check=True)
        return model


def batch_of(name: str, dtype: int, *shape: int) -> ValueInfoProto:
    """An input or output ``[batch, *shape]``."""
    return helper.make_tensor_value_info(name, dtype, [BATCH, *shape])
