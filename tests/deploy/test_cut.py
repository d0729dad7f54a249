import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto
from pytest import mark, raises

from automtl.data.dataset import MultiTaskData
from automtl.data.table import ColumnKind
from automtl.deploy.compare import columns_of_test, differences
from automtl.deploy.cut import cut, read
from automtl.deploy.export import ExportReport
from automtl.deploy.schema import SCHEMA_KEY, Input, Output, Schema
from automtl.deploy.writer import GraphWriter, batch_of
from automtl.errors import ExportError, ModelError


def written(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "part.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def two_columns_apart() -> bytes:
    """Task ``double`` reads column ``a``, task ``minus`` reads column ``b``."""
    writer = GraphWriter(["a", "b", "double", "minus"])
    axis = writer.constant([1], np.int64)
    for op, column, task in (("Add", "a", "double"), ("Neg", "b", "minus")):
        given = (column, column) if op == "Add" else (column,)
        number = writer.node("Cast", writer.node(op, *given), to=TensorProto.FLOAT)
        writer.node("Squeeze", number, axis, output=task)
    schema = Schema(
        tuple(Input(name, ColumnKind.NUMERIC) for name in "ab"),
        tuple(Output(task, "regression", task) for task in ("double", "minus")),
    )
    model = writer.model(
        [batch_of(name, TensorProto.DOUBLE, 1) for name in "ab"],
        [batch_of(task, TensorProto.FLOAT) for task in ("double", "minus")],
        {
            SCHEMA_KEY: schema.to_json(),
            "automtl.metrics": json.dumps({"double": {"rmse": 1.0}, "minus": {"rmse": 2.0}}),
            "author": "Zoë",
        },
    )
    return model.SerializeToString()


@mark.parametrize("tasks", [["mass"], ["species", "sex"]])
def test_a_part_predicts_what_the_whole_predicts(
    tasks: list[str], model: Path, data: MultiTaskData, tmp_path: Path
) -> None:
    part = written(cut(model.read_bytes(), tasks), tmp_path)
    assert part.stat().st_size < model.stat().st_size
    found = differences(part, model, columns_of_test(data))
    assert found.keys() == set(tasks)
    assert max(found.values()) < 1e-6
    wide = written(cut(model.read_bytes(), tasks, narrowed=False), tmp_path)
    assert set(differences(wide, model, columns_of_test(data)).values()) == {0.0}


def test_every_kind_of_task_can_be_cut_out(
    several_exported: tuple[Path, ExportReport], several: MultiTaskData, tmp_path: Path
) -> None:
    whole = several_exported[0]
    for task in several.tasks:
        part = written(cut(whole.read_bytes(), [task.name], narrowed=False), tmp_path)
        assert differences(part, whole, columns_of_test(several)) == {task.name: 0.0}


def test_what_only_other_tasks_need_is_dropped(tmp_path: Path) -> None:
    content = two_columns_apart()
    part = cut(content, ["minus"])
    assert [info.name for info in part.graph.input] == ["b"]
    assert {node.op_type for node in part.graph.node} == {"Neg", "Cast", "Squeeze"}
    session = onnxruntime.InferenceSession(written(part, tmp_path))
    assert session.run(None, {"b": np.array([[2.0]])})[0].tolist() == [-2.0]
    metadata = {item.key: item.value for item in part.metadata_props}
    schema = Schema.from_json(metadata[SCHEMA_KEY])
    assert [i.name for i in schema.inputs] == ["b"]
    assert [o.task for o in schema.outputs] == ["minus"]
    assert json.loads(metadata["automtl.metrics"]) == {"minus": {"rmse": 2.0}}
    assert metadata["author"] == "Zoë"
    assert metadata["automtl.cut_from"] == hashlib.sha256(content).hexdigest()


def test_outputs_keep_their_order_and_all_tasks_are_the_whole() -> None:
    whole, _ = read(two_columns_apart())
    part = cut(two_columns_apart(), ["minus", "double"])
    assert part.graph.node == whole.graph.node
    assert part.graph.output == whole.graph.output


def test_the_same_file_gives_the_same_bytes(model: Path) -> None:
    one, other = (cut(model.read_bytes(), ["sex"]) for _ in range(2))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def test_refuses_what_is_not_there() -> None:
    with raises(ExportError, match="no task 'minos'; did you mean 'minus'"):
        cut(two_columns_apart(), ["minos"])


@mark.parametrize("content", [b"no model", GraphWriter().model([], [], {}).SerializeToString()])
def test_refuses_what_automtl_did_not_export(content: bytes) -> None:
    with raises(ModelError, match="not an ONNX file that automtl exported"):
        read(content)
