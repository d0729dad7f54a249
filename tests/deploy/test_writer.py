import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto
from pytest import mark, raises

from automtl.deploy.writer import GraphWriter, batch_of

X = batch_of("x", TensorProto.FLOAT, 1)


def doubled(writer: GraphWriter, output: str = "y") -> onnx.ModelProto:
    writer.node("Mul", "x", writer.constant(2.0, np.float32), output=output)
    return writer.model([X], [batch_of(output, TensorProto.FLOAT, 1)], {})


def test_writes_a_model_that_runs() -> None:
    session = onnxruntime.InferenceSession(doubled(GraphWriter()).SerializeToString())
    [found] = session.run(None, {"x": np.array([[1.0], [3.0]], np.float32)})
    np.testing.assert_array_equal(found, [[2.0], [6.0]])


@mark.parametrize(("used", "expected"), [(-1, [1, 0]), (1, [1, 0]), (0, [5.0, 2.0])])
def test_of_several_outputs_one_is_used(used: int, expected: list[float]) -> None:
    writer = GraphWriter()
    count = writer.constant([2], np.int64)
    dtype = TensorProto.FLOAT if used == 0 else TensorProto.INT64
    writer.node("TopK", "x", count, axis=0, n_outputs=2, used=used, output="y")
    model = writer.model([X], [batch_of("y", dtype, 1)], {})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    [found] = session.run(None, {"x": np.array([[2.0], [5.0]], np.float32)})
    assert found[:, 0].tolist() == expected


@mark.parametrize("name", ["automtl/", "automtl/0/Mul", "_automtl/constant/0"])
def test_names_inside_are_unlike_those_outside(name: str) -> None:
    assert not name.startswith(GraphWriter([name, "automtl/x"]).prefix)


def test_splices_a_model_behind_its_prefix() -> None:
    writer = GraphWriter(["x", "y"])
    writer.node("Identity", "x", output=f"{writer.prefix}x")
    writer.splice(doubled(GraphWriter()))
    writer.node("Neg", f"{writer.prefix}y", output="y")
    model = writer.model([X], [batch_of("y", TensorProto.FLOAT, 1)], {})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    np.testing.assert_array_equal(session.run(None, {"x": np.ones((1, 1), np.float32)})[0], [[-2]])


def test_metadata_do_not_depend_on_their_order() -> None:
    one, other = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    models = []
    for metadata in (one, other):
        writer = GraphWriter()
        writer.node("Neg", "x", output="y")
        model = writer.model([X], [batch_of("y", TensorProto.FLOAT, 1)], metadata)
        models.append(model.SerializeToString(deterministic=True))
    assert models[0] == models[1]


def test_checks_the_model() -> None:
    writer = GraphWriter()
    writer.node("Neg", "nothing", output="y")
    with raises(onnx.checker.ValidationError, match="nothing"):
        writer.model([X], [batch_of("y", TensorProto.FLOAT, 1)], {})
