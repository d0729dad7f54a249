"""The part of an exported file that serves some of its tasks."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import onnx
from onnx import ModelProto
from onnx.utils import Extractor

from automtl.deploy.metadata import METRICS_KEY, describe, metadata_of, metrics_of
from automtl.deploy.narrow import narrow
from automtl.deploy.schema import SCHEMA_KEY, Output, Schema
from automtl.errors import ExportError, ExportFailed, ModelError
from automtl.suggest import did_you_mean

CUT_KEY = "automtl.cut_from"  # the SHA-256 of the file that this one was cut from


def cut(content: bytes, tasks: Sequence[str], narrowed: bool = True) -> ModelProto:
    """
    What serves ``tasks`` of an exported file: its nodes as they are, without those that no wanted
    output depends on, and without the columns of weights, the constants and the inputs that these
    alone used. Its metadata are those of the file, without what is said of other tasks.

    :param content: The file.
    :param tasks: At least one; the outputs stay in the order they have in the file.
    :param narrowed: Whether columns of weights are left out. A runtime may add up a narrower
        product in another order, so that the last bit of what it gives is another.
    :raises ModelError: If automtl did not export the file.
    :raises ExportError: If it does not predict one of the tasks.
    :raises ExportFailed: If what is left is no valid model.
    """
    model, schema = read(content)
    wanted = _wanted(schema, tasks)
    inputs = [info.name for info in model.graph.input]
    found = Extractor(model).extract_model(inputs, [n for output in wanted for n in output.names])
    if narrowed:
        narrow(found)
    used = {name for node in found.graph.node for name in node.input}
    _keep(found.graph.initializer, used)
    _keep(found.graph.input, used)
    del found.graph.value_info[:]
    domains = {node.domain for node in found.graph.node}
    imports = [item for item in found.opset_import if item.domain in {"", *domains}]
    del found.opset_import[:]
    found.opset_import.extend(imports)
    found.graph.name, found.producer_name = model.graph.name, model.producer_name
    schema = replace(schema, inputs=tuple(i for i in schema.inputs if i.name in used))
    _describe(found, model, replace(schema, outputs=wanted), hashlib.sha256(content).hexdigest())
    try:
        onnx.checker.check_model(found, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportFailed(f"What serves {', '.join(tasks)} is no valid file: {error}") from error
    return found


def read(content: bytes) -> tuple[ModelProto, Schema]:
    """
    An exported file and its schema.

    :raises ModelError: If automtl did not export it.
    """
    try:
        model = onnx.load_from_string(content)
        return model, Schema.from_json(metadata_of(model)[SCHEMA_KEY])
    except Exception:  # protobuf raises what it likes
        raise ModelError("This is not an ONNX file that automtl exported.") from None


def _wanted(schema: Schema, tasks: Collection[str]) -> tuple[Output, ...]:
    known = [output.task for output in schema.outputs]
    for task in tasks:
        if task not in known:
            raise ExportError(f"The model has no task '{task}'; {did_you_mean(task, known)}")
    return tuple(output for output in schema.outputs if output.task in tasks)


def _keep(items: "list[onnx.ValueInfoProto] | list[onnx.TensorProto]", names: set[str]) -> None:
    """Takes out of a part of a graph, in place, what is not called one of ``names``."""
    kept = [item for item in items if item.name in names]
    del items[:]
    items.extend(kept)


def _describe(found: ModelProto, whole: ModelProto, schema: Schema, digest: str) -> None:
    metadata = metadata_of(whole) | {SCHEMA_KEY: schema.to_json(), CUT_KEY: digest}
    if METRICS_KEY in metadata:
        tasks = {output.task for output in schema.outputs}
        metadata[METRICS_KEY] = metrics_of(tasks, metadata[METRICS_KEY])
    describe(found, metadata)
