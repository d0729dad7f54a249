from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from pytest import TempPathFactory, fixture

from automtl.data.table import ColumnKind
from automtl.deploy.schema import SCHEMA_KEY, Input, Output, Schema
from automtl.serve.server import Server
from automtl.serve.service import Service

ROW = {"x": 1.5, "<b>": True, "when": "1970-01-02", "w&w": "a", "words": "some text"}
SCHEMA = Schema(
    (
        Input("x", ColumnKind.NUMERIC, range=(-1.0, 2.5)),
        Input("<b>", ColumnKind.BOOLEAN),
        Input("when", ColumnKind.DATETIME, range=(0.0, 1e9)),
        Input("w&w", ColumnKind.CATEGORICAL, ("", 'a"', "</option><script>")),
        Input("words", ColumnKind.TEXT),
    ),
    (
        Output("echo", "multiclass", "echo", "echo_probability", ("a", "other")),
        Output("tags", "multilabel", "tags", "tags_probability", members=("t", "u")),
        Output("sums", "multi_output", "sums", members=("v", "w")),
        Output("mass", "regression", "mass"),
    ),
)


def _model() -> onnx.ModelProto:
    """A file that gives its inputs back, so that each answer is known."""
    floats, strings = TensorProto.DOUBLE, TensorProto.STRING
    types = {i.name: strings if i.kind.is_strings else floats for i in SCHEMA.inputs}
    nodes = [
        helper.make_node("Cast", ["x"], ["x32"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["<b>"], ["b32"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["when"], ["when32"], to=TensorProto.FLOAT),
        helper.make_node("Squeeze", ["w&w", "one"], ["echo"]),
        helper.make_node("Concat", ["x32", "b32"], ["echo_probability"], axis=1),
        helper.make_node("Concat", ["x32", "b32"], ["tags_probability"], axis=1),
        helper.make_node("Concat", ["x32", "when32"], ["sums"], axis=1),
        helper.make_node("Cast", ["tags_probability"], ["tags"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["x32", "one"], ["mass"]),
    ]
    graph = helper.make_graph(
        nodes,
        "echo",
        [helper.make_tensor_value_info(name, kind, ["n", 1]) for name, kind in types.items()],
        [
            helper.make_tensor_value_info("echo", strings, ["n"]),
            *(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2])
                for name in ("echo_probability", "tags_probability", "sums")
            ),
            helper.make_tensor_value_info("tags", TensorProto.INT64, ["n", 2]),
            helper.make_tensor_value_info("mass", TensorProto.FLOAT, ["n"]),
        ],
        [onnx.numpy_helper.from_array(np.array([1]), "one")],
    )
    opset = [helper.make_opsetid("", 20)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    helper.set_model_props(model, {SCHEMA_KEY: SCHEMA.to_json()})
    return model


@fixture(scope="session")
def echo(tmp_path_factory: TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("echo") / "<best>.onnx"
    onnx.save(_model(), path)
    return path


@fixture(scope="session")
def schema() -> Schema:
    return SCHEMA


@fixture
def row() -> dict[str, Any]:
    return dict(ROW)


@fixture(scope="session")
def service(echo: Path) -> Service:
    return Service(echo)


@fixture(scope="session")
def serving(service: Service) -> Callable[..., Any]:
    """Serves on a free port while a block lasts."""

    @contextmanager
    def serving(host: str = "127.0.0.1", max_bytes: int = 10_000) -> Iterator[Server]:
        with Server(service, host, 0, max_bytes) as server:
            thread = Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return serving


@fixture(scope="session")
def server(serving: Callable[..., Any]) -> Iterator[Server]:
    with serving() as server:
        yield server
