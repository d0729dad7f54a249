import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from pytest import mark

from automtl.deploy.lower import REDUCERS, lowered
from automtl.deploy.writer import GraphWriter, batch_of

VALUES = np.random.default_rng(0).uniform(0.1, 2.0, (5, 4)).astype(np.float32)
AXES = numpy_helper.from_array(np.array([1]), "axes")


def ran(opset: int, op: str, **attributes: int) -> np.ndarray:
    writer = GraphWriter(opset=opset)
    writer.node(op, "x", writer.constant([1], np.int64), output="y", **attributes)
    shape = (1,) if attributes.get("keepdims", 1) else ()
    x, y = batch_of("x", TensorProto.FLOAT, 4), batch_of("y", TensorProto.FLOAT, *shape)
    content = writer.model([x], [y], {}).SerializeToString()
    return onnxruntime.InferenceSession(content).run(None, {"x": VALUES})[0]


@mark.parametrize("op", sorted(REDUCERS))
def test_set_17_gives_what_set_18_gives(op: str) -> None:
    np.testing.assert_array_equal(ran(17, op, keepdims=0), ran(18, op, keepdims=0))


def test_without_axes_nothing_or_everything_is_reduced() -> None:
    everything = helper.make_node("ReduceMax", ["x"], ["y"], keepdims=0)
    assert lowered(everything, {}) == everything
    nothing = helper.make_node("ReduceMax", ["x", ""], ["y"], noop_with_empty_axes=1)
    assert lowered(nothing, {}).op_type == "Identity"


def test_what_did_not_change_stays() -> None:
    kept = helper.make_node("ReduceSum", ["x", "axes"], ["y"])
    assert lowered(kept, {"axes": AXES}) is kept
    computed = helper.make_node("ReduceMax", ["x", "computed"], ["y"])
    assert lowered(computed, {"axes": AXES}) is computed
    foreign = helper.make_node("ReduceMax", ["x", "axes"], ["y"], domain="another")
    assert lowered(foreign, {"axes": AXES}) is foreign
