"""Weights of several tasks in one matrix, without the columns that nobody needs any more."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper


class Operand(NamedTuple):
    """A constant that a node reads."""

    node: NodeProto
    at: int  # which of the node's inputs
    axis: int  # of the node's outputs
    value: NDArray[Any]


def narrow(model: ModelProto) -> None:
    """
    Takes out of linear layers, in place, the outputs that are split off and then not used: tasks
    that read the same feature have one matrix for their heads. A split that does not follow a
    linear layer with constant weights stays as it is.
    """
    values = _Values(model)
    for split in [node for node in model.graph.node if node.op_type == "Split"]:
        used = np.array([values.uses[name] > 0 for name in split.output])
        sizes = values.constant(split, 1)
        if used.all() or sizes is None or not values.is_last_axis(split):
            continue
        layer = _layer(values, split.input[0], int(sizes.sum()))
        columns = np.flatnonzero(np.repeat(used, sizes))
        for node, at, axis, constant in layer:
            values.replace(node, at, np.take(constant, columns, axis))
        if layer:
            values.replace(split, 1, sizes[used])
            kept = [name for name, is_used in zip(split.output, used, strict=True) if is_used]
            del split.output[:]
            split.output.extend(kept)


class _Values:
    """What a graph's values are, by name."""

    def __init__(self, model: ModelProto) -> None:
        inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
        graph = model.graph
        self.ranks = {info.name: len(info.type.tensor_type.shape.dim) for info in inferred}
        self.makers = {name: node for node in graph.node for name in node.output}
        self.uses = Counter(name for node in graph.node for name in node.input)
        self.uses.update(info.name for info in graph.output)
        self._constants = {constant.name: constant for constant in graph.initializer}
        self._graph = graph

    def constant(self, node: NodeProto, at: int) -> NDArray[Any] | None:
        """The input ``at`` of a node, if it is constant."""
        name = node.input[at] if at < len(node.input) else ""
        return numpy_helper.to_array(self._constants[name]) if name in self._constants else None

    def is_last_axis(self, split: NodeProto) -> bool:
        """Whether a node splits its input along the last axis."""
        axis = _attribute(split, "axis", 0)
        return axis in (-1, self.ranks.get(split.input[0], 0) - 1)

    def replace(self, node: NodeProto, at: int, value: NDArray[Any]) -> None:
        """Gives a node another constant; others that use the old one keep it."""
        name = f"{node.input[at]}/{len(self._graph.initializer)}"
        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        node.input[at] = name


def _layer(values: _Values, name: str, width: int) -> list[Operand]:
    """The constants of the linear layer that gives a value, none if no such layer does."""
    found: list[Operand] = []
    while values.uses[name] == 1 and (node := values.makers.get(name)) is not None:
        if node.op_type == "Unsqueeze" and values.ranks.get(node.input[0]) == 2:
            name = node.input[0]  # to [batch, 1, n]: heads have an axis of members
            continue
        operands = _operands(values, node)
        if not operands or {o.value.shape[o.axis :][:1] for o in operands} != {(width,)}:
            return []
        found += operands
        if node.op_type != "Add":
            return found
        name = node.input[1 - operands[0].at]
    return []


def _operands(values: _Values, node: NodeProto) -> list[Operand]:
    """The constants of a node each of which has an axis of the node's outputs."""
    axes = {0: -1, 1: -1} if node.op_type == "Add" else {}
    if node.op_type == "Gemm":
        axes = {1: 0 if _attribute(node, "transB", 0) else 1}
        axes |= {2: -1} if len(node.input) > 2 else {}
    elif node.op_type == "MatMul" or _is_product(node):
        axes = {1: -1}
    found = [(at, axis, values.constant(node, at)) for at, axis in axes.items()]
    known = [Operand(node, at, axis, value) for at, axis, value in found if value is not None]
    return known if len(known) == (1 if node.op_type == "Add" else len(axes)) else []


def _is_product(node: NodeProto) -> bool:
    """Whether it is an ``Einsum`` whose last axis comes from its second operand alone."""
    if node.op_type != "Einsum" or len(node.input) != 2:
        return False
    operands, result = _attribute(node, "equation", b"").decode().replace(" ", "").split("->")
    first, second = operands.split(",")
    return bool(result[-1] == second[-1] and result[-1] not in first)


def _attribute(node: NodeProto, name: str, default: Any) -> Any:
    found = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return found.get(name, default)
