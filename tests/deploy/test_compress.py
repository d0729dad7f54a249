from collections.abc import Callable

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, numpy_helper
from pytest import fixture, mark, raises

from automtl.deploy.compress import Compression, compressed
from automtl.deploy.writer import GraphWriter, batch_of
from automtl.errors import ExportError

RNG = np.random.default_rng(0)


@fixture
def large() -> ModelProto:
    """A product of 64 features, in a graph that scales them in doubles before."""
    writer = GraphWriter(["x", "y"])
    scaled = writer.node("Mul", "x", writer.constant(np.full(64, 1e6), np.float64))
    features = writer.node("Cast", scaled, to=TensorProto.FLOAT)
    weight = writer.constant(RNG.normal(size=(64, 32)), np.float32)
    bias = writer.constant(RNG.normal(size=32), np.float32)
    product = writer.node("Gemm", features, weight, bias)
    writer._nodes[-1].name = "product"  # as torch names them
    huge = writer.constant(np.full((32, 4), 1e5), np.float32)
    writer.node("MatMul", product, huge, output="y")
    x, y = batch_of("x", TensorProto.DOUBLE, 64), batch_of("y", TensorProto.FLOAT, 4)
    return writer.model([x], [y], {"author": "Zoë"})


@mark.parametrize("compression", [Compression.FP16, Compression.INT8])
def test_a_smaller_model_predicts_nearly_the_same(
    compression: Compression, large: ModelProto, run: Callable[[ModelProto], np.ndarray]
) -> None:
    before = large.SerializeToString(deterministic=True)
    found = compressed(large, compression)
    assert large.SerializeToString(deterministic=True) == before
    assert found.ByteSize() < 0.7 * large.ByteSize()
    correlation = np.corrcoef(run(found).ravel(), run(large).ravel())[0, 1]
    assert 0.999 < correlation < 1


@mark.parametrize("compression", list(Compression))
def test_inputs_outputs_and_operator_sets_stay(compression: Compression, large: ModelProto) -> None:
    found = compressed(large, compression)
    assert found.graph.input == large.graph.input
    assert found.graph.output == large.graph.output
    assert found.opset_import == large.opset_import
    assert found.ir_version == large.ir_version
    metadata = {item.key: item.value for item in found.metadata_props}
    assert metadata == {"author": "Zoë", "automtl.compression": compression.value}


def test_only_what_16_bits_can_hold_is_halved(large: ModelProto) -> None:
    found = compressed(large, Compression.FP16)
    types = {c.name: c.data_type for c in found.graph.initializer}
    values = {c.name: numpy_helper.to_array(c) for c in large.graph.initializer}
    halved = [name for name, kind in types.items() if kind == TensorProto.FLOAT16]
    assert [values[name.removesuffix("/fp16")].shape for name in halved] == [(64, 32)]


@mark.parametrize("compression", [Compression.FP16, Compression.INT8])
def test_the_same_model_gives_the_same_bytes(compression: Compression, large: ModelProto) -> None:
    one, other = (compressed(large, compression) for _ in range(2))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


@fixture
def run() -> Callable[[ModelProto], np.ndarray]:
    rows = RNG.normal(size=(20, 64)) * 1e-6

    def run(model: ModelProto) -> np.ndarray:
        session = onnxruntime.InferenceSession(model.SerializeToString())
        return np.asarray(session.run(None, {"x": rows})[0])

    return run


def test_integers_are_refused_where_nothing_is_large() -> None:
    writer = GraphWriter()
    writer.node("MatMul", "x", writer.constant(np.ones((4, 4)), np.float32), output="y")
    x, y = (batch_of(name, TensorProto.FLOAT, 4) for name in "xy")
    with raises(ExportError, match="layers of 512 weights and more"):
        compressed(writer.model([x], [y], {}), Compression.INT8)
