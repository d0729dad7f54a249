from collections.abc import Callable

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, numpy_helper
from pytest import mark

from automtl.deploy.narrow import narrow
from automtl.deploy.writer import GraphWriter, batch_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype(np.float32)
WEIGHT = RNG.normal(size=(4, 5)).astype(np.float32)
BIAS = RNG.normal(size=5).astype(np.float32)


def gemm(writer: GraphWriter) -> str:
    layer = [writer.constant(WEIGHT.T, np.float32), writer.constant(BIAS, np.float32)]
    product = writer.node("Gemm", "x", *layer, transB=1)
    return writer.node("Unsqueeze", product, writer.constant([1], np.int64))


def matmul(writer: GraphWriter) -> str:
    members = writer.node("Unsqueeze", "x", writer.constant([1], np.int64))
    product = writer.node("MatMul", members, writer.constant(WEIGHT, np.float32))
    return writer.node("Add", writer.constant(BIAS, np.float32), product)


def einsum(writer: GraphWriter) -> str:
    members = writer.node("Unsqueeze", "x", writer.constant([1], np.int64))
    weight = writer.constant(WEIGHT[None], np.float32)
    product = writer.node("Einsum", members, weight, equation="bmi,mio->bmo")
    return writer.node("Add", product, writer.constant(BIAS[None], np.float32))


def activated(writer: GraphWriter) -> str:
    return writer.node("Relu", gemm(writer))


def read_twice(writer: GraphWriter) -> str:
    layer = gemm(writer)
    writer.node("Identity", layer, output="all")
    return layer


def last_two_of_five(layer: Callable[[GraphWriter], str]) -> ModelProto:
    """A model of which the first three columns are split off and not used."""
    writer = GraphWriter()
    value = layer(writer)
    sizes = writer.constant([3, 2], np.int64)
    writer.node("Split", value, sizes, n_outputs=2, axis=2, output="y")
    outputs = [batch_of("y", TensorProto.FLOAT, 1, 2)]
    if layer is read_twice:
        outputs.append(batch_of("all", TensorProto.FLOAT, 1, 5))
    return writer.model([batch_of("x", TensorProto.FLOAT, 4)], outputs, {})


def run(model: ModelProto) -> NDArray[np.float32]:
    [found, *_] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": X})
    return np.asarray(found)


def read_shapes(model: ModelProto) -> set[tuple[int, ...]]:
    """Of the constants that are read."""
    used = {name for node in model.graph.node for name in node.input}
    return {numpy_helper.to_array(c).shape for c in model.graph.initializer if c.name in used}


@mark.parametrize("layer", [gemm, matmul, einsum])
def test_columns_that_nobody_needs_are_left_out(layer: Callable[[GraphWriter], str]) -> None:
    model = last_two_of_five(layer)
    before = run(model)
    narrow(model)
    np.testing.assert_allclose(run(model), before, rtol=1e-5)
    np.testing.assert_allclose(run(model)[:, 0], (X @ WEIGHT + BIAS)[:, 3:], rtol=1e-5)
    assert not any(5 in shape for shape in read_shapes(model))


@mark.parametrize("layer", [activated, read_twice])
def test_anything_else_stays_as_it_is(layer: Callable[[GraphWriter], str]) -> None:
    model = last_two_of_five(layer)
    before = model.SerializeToString(deterministic=True)
    narrow(model)
    assert model.SerializeToString(deterministic=True) == before
