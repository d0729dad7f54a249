"""ONNX nodes as operator set 17 had them, of which some were changed in set 18."""

from collections.abc import Mapping

from onnx import NodeProto, TensorProto, helper, numpy_helper

# From set 18 on their axes are an input, before an attribute:
# https://github.com/onnx/onnx/blob/main/docs/Changelog.md#version-18-of-the-default-onnx-operator-set
REDUCERS = frozenset(
    f"Reduce{what}"
    for what in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare")
)


def lowered(node: NodeProto, constants: Mapping[str, TensorProto]) -> NodeProto:
    """
    A node of operator set 18 as one of set 17. What differs in another way than by where axes are
    given is left as it is: the check of the whole model finds it.

    :param constants: The constants of the graph, by name.
    """
    if node.op_type not in REDUCERS or node.domain:
        return node
    data, axes = node.input[0], "".join(node.input[1:2])
    if axes and axes not in constants:
        return node
    kept = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    if kept.pop("noop_with_empty_axes", 0) and not axes:
        return helper.make_node("Identity", [data], node.output, node.name)
    if axes:
        kept["axes"] = numpy_helper.to_array(constants[axes]).tolist()
    return helper.make_node(node.op_type, [data], node.output, node.name, **kept)
