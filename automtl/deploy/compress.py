"""
Smaller files: weights as 16-bit floats, or products of 8-bit integers.

Only what is multiplied with the network's features is touched. Preprocessing stays in doubles, and
what turns outputs into predictions stays in floats: a target in its own units may lie beyond
65,504, where 16-bit floats end, and has few digits below.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from automtl.deploy.metadata import describe, metadata_of
from automtl.deploy.quiet import quiet
from automtl.errors import ExportError

COMPRESSION_KEY = "automtl.compression"
PRODUCTS = frozenset({"Conv", "Einsum", "Gather", "Gemm", "MatMul"})
SMALLEST = 64  # numbers in a constant that is worth a node of its own
LARGE = 512  # numbers in a matrix whose product is worth the nodes that 8-bit integers take
RANGE = float(np.finfo(np.float16).max)


class Compression(StrEnum):
    """How a file is made smaller."""

    NONE = "none"
    FP16 = "fp16"
    INT8 = "int8"


def compressed(model: ModelProto, compression: Compression) -> ModelProto:
    """
    ``model`` made smaller, with the same inputs, outputs and metadata.

    :raises ExportError: If there is nothing that it would make smaller.
    """
    found = ModelProto()
    found.CopyFrom(model)
    found = _COMPRESSIONS[compression](found)
    # Libraries leave behind operator sets that are not used, and shapes that are not right.
    del found.opset_import[:], found.graph.value_info[:]
    found.opset_import.extend(model.opset_import)
    describe(found, metadata_of(model) | {COMPRESSION_KEY: compression.value})
    found.producer_name, found.ir_version = model.producer_name, model.ir_version
    found.graph.name = model.graph.name
    onnx.checker.check_model(found, full_check=True)
    return found


def _halved(model: ModelProto) -> ModelProto:
    """
    With the weights stored as 16-bit floats. They are cast to floats when a runtime loads the file,
    and everything is computed as before: kernels for 16-bit floats are rare outside of GPUs.
    """
    graph, casts = model.graph, []
    weights = {name for n in graph.node if n.op_type in PRODUCTS for name in n.input}
    for constant in graph.initializer:
        values = numpy_helper.to_array(constant)
        if constant.name in weights and _is_worth_it(constant, values):
            stored = f"{constant.name}/fp16"
            casts.append(helper.make_node("Cast", [stored], [constant.name], to=TensorProto.FLOAT))
            constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
    nodes: list[NodeProto] = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _is_worth_it(constant: TensorProto, values: NDArray[Any]) -> bool:
    is_float = constant.data_type == TensorProto.FLOAT
    return is_float and values.size >= SMALLEST and bool(np.abs(values).max() <= RANGE)


def _quantised(model: ModelProto) -> ModelProto:
    """
    With products of 8-bit integers: weights are rounded once, features at each prediction by the
    range they have in the batch (dynamic quantisation, https://arxiv.org/abs/1712.05877), so that
    what is predicted for a row depends a little on the rows beside it. Both are unsigned, as
    products of mixed signs overflow in 16 bits on some processors.
    """
    sizes = {c.name: numpy_helper.to_array(c).size for c in model.graph.initializer}
    nodes = [n for n in model.graph.node if n.op_type in ("Gemm", "MatMul")]
    large = [n.name for n in nodes if sizes.get(n.input[1], 0) >= LARGE]
    if not large:
        raise ExportError(
            f"8-bit integers make layers of {LARGE} weights and more smaller, and this model has "
            f"none. Leave --int8 out."
        )
    with TemporaryDirectory() as folder, quiet():
        made = Path(folder) / "made.onnx"
        large += [f"{name}_MatMul" for name in large]  # what a Gemm becomes on the way
        quantize_dynamic(model, made, nodes_to_quantize=large, weight_type=QuantType.QUInt8)
        return onnx.load(made)


_COMPRESSIONS: dict[Compression, Callable[[ModelProto], ModelProto]] = {
    Compression.NONE: lambda model: model,
    Compression.FP16: _halved,
    Compression.INT8: _quantised,
}
