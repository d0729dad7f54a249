"""From a trained network to one ONNX file that takes raw columns and gives labels and values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import ModelProto, TensorProto, ValueInfoProto
from torch import nn

from automtl.core.labels import HALF
from automtl.core.task import Task, TaskKind
from automtl.core.thresholds import Decision
from automtl.data.dataset import MultiTaskData
from automtl.data.features.columns import Categorical, FittedColumn
from automtl.data.table import ColumnKind
from automtl.deploy.docs import output_docs
from automtl.deploy.ensemble import Ensemble
from automtl.deploy.files import replacing
from automtl.deploy.metadata import versions
from automtl.deploy.preprocessing import input_infos, write_preprocessing
from automtl.deploy.quiet import quiet
from automtl.deploy.schema import SCHEMA_KEY, VERSION_KEY, Input, Output, Schema
from automtl.deploy.simplify import simplify
from automtl.deploy.texts import TEXT_OPSET
from automtl.deploy.verify import verify
from automtl.deploy.writer import BATCH, ML, OPSET, OPSETS, GraphWriter, batch_of
from automtl.errors import DataError, ExportError, ExportFailed, PluginError


@dataclass(frozen=True)
class ExportReport:
    """
    What was checked before the file was kept.

    :param differences: By task, the largest absolute difference between the file in onnxruntime
        and the network in torch: of probabilities, or of values in the target's own units.
    :param rows: How many rows of the test part were compared: all of them.
    :param size: The size of the file in bytes.
    """

    differences: Mapping[str, float]
    rows: int
    size: int


def export_onnx(
    networks: nn.Module | Sequence[nn.Module],
    data: MultiTaskData,
    path: Path,
    provenance: Mapping[str, str],
    opset: int = OPSET,
) -> ExportReport:
    """
    Writes preprocessing, network and decoding as one ONNX file. It is kept only if it agrees with
    the network on the whole test part.

    :param networks: The network, or several, the mean of whose predictions is to be exported. Each
        maps inputs ``[batch, width]`` to outputs ``[batch, members, n_outputs]`` by task. They stay
        as they are.
    :param data: What it was trained on.
    :param path: The file to be written. The same arguments give the same bytes.
    :param provenance: What else the metadata of the file shall say.
    :param opset: The version of ONNX's operators, of `OPSETS`.
    :raises ExportError: If ``opset`` cannot be had.
    :raises DataError: If the names of columns and tasks clash, or ``path`` cannot be written.
    :raises PluginError: If a task kind predicts another number of values than it says.
    :raises ExportFailed: If the network cannot be written as ONNX, or if the file disagrees with
        it; then no file is left behind.
    """
    _check_opset(opset, data)
    schema = schema_of(data)
    several = [networks] if isinstance(networks, nn.Module) else networks
    decoded = Ensemble(several, data.tasks, data.kinds)
    own = {SCHEMA_KEY: schema.to_json(), VERSION_KEY: version("automtl"), **versions()}
    model = _assemble(decoded, data, schema, {**provenance, **own}, opset)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))
        size = temporary.stat().st_size
        differences = verify(temporary, decoded, data)
    return ExportReport(differences, len(data.test.rows), size)


def _check_opset(opset: int, data: MultiTaskData) -> None:
    if opset not in OPSETS:
        raise ExportError(f"The opset is one of {OPSETS[0]} to {OPSETS[-1]}, but is {opset}.")
    if opset < TEXT_OPSET and (texts := [text.name for text in data.preprocessing.texts]):
        raise ExportError(
            f"Free text ('{texts[0]}') is split into words by an operator that ONNX has from opset "
            f"{TEXT_OPSET} on, but {opset} is asked for. Ask for {TEXT_OPSET} or more."
        )


def schema_of(data: MultiTaskData) -> Schema:
    """
    The inputs and outputs that a file for ``data`` has.

    :raises DataError: If two of them would have one name, or one has none.
    :raises PluginError: If a task kind predicts another number of values than it says.
    """
    outputs = (_output(*pair) for pair in zip(data.tasks, data.kinds, strict=True))
    inputs = (_input(column, data) for column in data.preprocessing.columns)
    schema = Schema(tuple(inputs), tuple(outputs))
    _check_names(schema)
    return schema


def _input(column: FittedColumn, data: MultiTaskData) -> Input:
    if isinstance(column, Categorical):
        return Input(column.name, column.kind, column.vocabulary)
    if column.kind not in (ColumnKind.NUMERIC, ColumnKind.DATETIME):
        return Input(column.name, column.kind)
    values = data.table[column.name].at(data.train.rows)
    bounds = (float(np.nanmin(values)), float(np.nanmax(values)))
    return Input(column.name, column.kind, range=bounds)


def _output(task: Task, kind: TaskKind) -> Output:
    expected, given = len(kind.classes) or len(kind.columns) or 1, len(kind.constant())
    if given != expected:
        raise PluginError(
            f"A task kind predicts one value, or one for each of its `classes` or `columns`: "
            f"'{kind.name}' of task '{task.name}' must predict {expected}, but predicts {given}."
        )
    likely = f"{task.name}_probability" if kind.classes or kind.decision else None
    thresholds, top_k = astuple(kind.decision) if kind.decision else ((), None)
    return Output(
        task.name, kind.name, task.name, likely, kind.classes, kind.columns, thresholds, top_k
    )


def _check_names(schema: Schema) -> None:
    if any(not column.name for column in schema.inputs):
        raise DataError("A column has no name, so no file can ask for it. Name it or ignore it.")
    tensors = {column.name: "an input column" for column in schema.inputs}  # names in the graph
    columns: dict[str, str] = {}  # names in a file of predictions
    for output in schema.outputs:
        role = f"an output of the task '{output.task}'"
        for taken, names in [(tensors, output.names), (columns, output.columns)]:
            for name in names:
                if name in taken:
                    raise DataError(
                        f"The names of inputs and outputs are unique, but '{name}' would be both "
                        f"{taken[name]} and {role}. Rename one of them in the "
                        f"table, or add the input to 'ignore'."
                    )
                taken[name] = role


def _assemble(
    decoded: Ensemble,
    data: MultiTaskData,
    schema: Schema,
    metadata: Mapping[str, str],
    opset: int,
) -> ModelProto:
    inputs = input_infos(data.preprocessing)
    outside = [name for output in schema.outputs for name in output.names]
    writer = GraphWriter([*(info.name for info in inputs), *outside], opset)
    write_preprocessing(data.preprocessing, writer)
    writer.splice(_exported(decoded, data.preprocessing.layout.size, opset))
    outputs = []
    for index, (output, kind) in enumerate(zip(schema.outputs, data.kinds, strict=True)):
        own = list(_write_output(output, kind, f"{writer.prefix}task{index}", writer))
        for info, text in zip(own, output_docs(output, kind), strict=True):
            info.doc_string = text
        outputs += own
    try:
        return writer.model(inputs, outputs, metadata)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportFailed(f"The network makes no valid ONNX file: {error}") from error


def _write_output(
    output: Output, kind: TaskKind, values: str, writer: GraphWriter
) -> Iterator[ValueInfoProto]:
    """Writes the outputs of one task, whose predictions are ``values``, ``[batch, n_values]``."""
    if kind.decision is not None:
        chosen = _write_decision(kind.decision, values, writer)
        writer.node("Cast", chosen, output=output.name, to=TensorProto.INT64)
        yield batch_of(output.name, TensorProto.INT64, len(output.members))
    elif output.members:
        writer.node("Identity", values, output=output.name)
        yield batch_of(output.name, TensorProto.FLOAT, len(output.members))
    elif output.classes:
        best = _write_chosen(values, kind.ordered, writer)
        labels: dict[str, Any] = {
            "keys_int64s": range(len(output.classes)),
            "values_strings": output.classes,
        }
        writer.node("LabelEncoder", best, output=output.name, domain=ML, **labels)
        yield batch_of(output.name, TensorProto.STRING)
    else:
        axis = writer.constant([1], np.int64)
        writer.node("Squeeze", values, axis, output=output.name)
        yield batch_of(output.name, TensorProto.FLOAT)
    if output.probability is not None:
        writer.node("Identity", values, output=output.probability)
        yield batch_of(output.probability, TensorProto.FLOAT, len(output.classes or output.members))


def _write_chosen(probabilities: str, ordered: bool, writer: GraphWriter) -> str:
    """Writes `automtl.core.labels.chosen` of probabilities ``[batch, n_classes]``."""
    if ordered:
        exact = writer.node("Cast", probabilities, to=TensorProto.DOUBLE)
        below = writer.node("CumSum", exact, writer.constant(1, np.int64))
        reached = writer.node("GreaterOrEqual", below, writer.constant(HALF, np.float64))
        probabilities = writer.node("Cast", reached, to=TensorProto.FLOAT)
    return writer.node("ArgMax", probabilities, axis=1, keepdims=0)


def _write_decision(decision: Decision, probabilities: str, writer: GraphWriter) -> str:
    """Writes `Decision.decide` of probabilities ``[batch, n_labels]``; the name of the booleans."""
    thresholds = writer.constant(decision.thresholds, np.float32)
    chosen = writer.node("GreaterOrEqual", probabilities, thresholds)
    if decision.top_k is None:
        return chosen
    count = writer.constant([min(decision.top_k, len(decision.thresholds))], np.int64)
    places = writer.node("TopK", probabilities, count, axis=1, n_outputs=2)
    depth = writer.constant([len(decision.thresholds)], np.int64)
    there = writer.node("OneHot", places, depth, writer.constant([0, 1], np.int64))
    first = writer.node("ReduceMax", there, writer.constant([1], np.int64), keepdims=0)
    return writer.node("Or", chosen, writer.node("Cast", first, to=TensorProto.BOOL))


def _exported(decoded: Ensemble, width: int, opset: int) -> ModelProto:
    """The networks as ONNX, from ``features`` to ``task0``, ``task1``..."""
    with quiet():
        try:
            program = torch.onnx.export(
                decoded,
                (torch.zeros(2, width),),
                dynamo=True,
                input_names=["features"],
                output_names=[f"task{index}" for index in range(len(decoded.kinds))],
                opset_version=max(opset, 18),  # what torch converts to less may stay as it is
                dynamic_shapes=({0: BATCH},),
                external_data=False,
                verbose=False,
                optimize=False,
            )
            assert program is not None  # noqa: S101 - only for the exporter of old
            simplify(program.model)
        except torch.onnx.errors.OnnxExporterError as error:
            reason, *_ = str(error.__cause__ or error).strip().splitlines() or [repr(error)]
            raise ExportFailed(f"The network cannot be written as ONNX: {reason}") from error
    return program.model_proto
