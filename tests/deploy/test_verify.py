from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import torch
from numpy.typing import NDArray
from pytest import fixture, mark, raises
from torch import Tensor, nn

from automtl.data.dataset import MultiTaskData
from automtl.deploy.ensemble import Ensemble
from automtl.deploy.export import ExportReport
from automtl.deploy.verify import verify
from automtl.errors import ExportFailed


@fixture(scope="module")
def decoded(data: MultiTaskData, network: nn.Module) -> Ensemble:
    return Ensemble([network], data.tasks, data.kinds)


def changed(
    decoded: Ensemble, task: int, change: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], tuple[Tensor, ...]]:
    def network(inputs: Tensor) -> tuple[Tensor, ...]:
        values = list(decoded(inputs))
        values[task] = change(values[task])
        return tuple(values)

    return network


def test_the_file_agrees_with_its_network(
    model: Path, decoded: Ensemble, data: MultiTaskData
) -> None:
    differences = verify(model, decoded, data)
    assert list(differences) == ["sex", "species", "mass"]
    assert max(differences.values()) < 1e-3


@mark.parametrize(("task", "name"), [(0, "sex"), (1, "species"), (2, "mass")])
@mark.parametrize("change", [lambda v: v * 1.01, lambda v: v * torch.nan, lambda v: v.roll(1, 0)])
def test_another_network_is_found_out(
    model: Path,
    decoded: Ensemble,
    data: MultiTaskData,
    task: int,
    name: str,
    change: Callable[[Tensor], Tensor],
) -> None:
    with raises(ExportFailed, match=f"disagrees with the network on task '{name}' by up to"):
        verify(model, changed(decoded, task, change), data)


def test_rounding_is_allowed_for_in_the_units_of_the_target(
    model: Path, decoded: Ensemble, data: MultiTaskData
) -> None:
    network = changed(decoded, 2, lambda values: values * (1 + 3e-6))  # 0.004 in its units
    assert 1e-3 < verify(model, network, data)["mass"] < 1e-2


def test_one_wrong_row_is_found(model: Path, decoded: Ensemble, data: MultiTaskData) -> None:
    rows = data.test.rows.copy()
    rows[-1] = rows[0]
    wrong = replace(data, test=replace(data.test, rows=rows))
    with raises(ExportFailed, match="at batch size 30"):
        verify(model, decoded, wrong)


def test_a_wrong_label_is_found_where_probabilities_are_right(
    model: Path, decoded: Ensemble, data: MultiTaskData, tmp_path: Path
) -> None:
    tampered = onnx.load(model)
    [encoder] = [node for node in tampered.graph.node if "species" in node.output]
    [labels] = [item for item in encoder.attribute if item.name == "values_strings"]
    labels.strings[:] = [*labels.strings[1:], labels.strings[0]]
    onnx.save(tampered, tmp_path / "tampered.onnx")
    with raises(ExportFailed, match="task 'species' at batch size 30: a label is less probable"):
        verify(tmp_path / "tampered.onnx", decoded, data)


def test_another_level_is_found_where_probabilities_are_right(
    several: MultiTaskData,
    several_network: nn.Module,
    several_exported: tuple[Path, ExportReport],
    tmp_path: Path,
) -> None:
    tampered = onnx.load(several_exported[0])
    [encoder] = [node for node in tampered.graph.node if "size" in node.output]
    [labels] = [item for item in encoder.attribute if item.name == "values_strings"]
    labels.strings[:] = [*labels.strings[1:], labels.strings[0]]
    onnx.save(tampered, tmp_path / "tampered.onnx")
    decoded = Ensemble([several_network], several.tasks, several.kinds)
    with raises(ExportFailed, match="chooses another level of task 'size' than the median"):
        verify(tmp_path / "tampered.onnx", decoded, several)


def _tampered(model: Path, name: str, folder: Path, change: Callable[..., None]) -> Path:
    """The file with the constant that the node ``name`` reads second changed."""
    tampered = onnx.load(model)
    [node] = [node for node in tampered.graph.node if node.op_type == name][:1]
    [constant] = [item for item in tampered.graph.initializer if item.name == node.input[1]]
    values = onnx.numpy_helper.to_array(constant).copy()
    change(values)
    constant.CopyFrom(onnx.numpy_helper.from_array(values, constant.name))
    onnx.save(tampered, folder / "tampered.onnx")
    return folder / "tampered.onnx"


@mark.parametrize(("node", "task"), [("GreaterOrEqual", "tags"), ("TopK", "moods")])
def test_another_decision_is_found_where_probabilities_are_right(
    several: MultiTaskData,
    several_network: nn.Module,
    several_exported: tuple[Path, ExportReport],
    tmp_path: Path,
    node: str,
    task: str,
) -> None:
    def change(values: NDArray[Any]) -> None:
        values[0] = 1 if node == "TopK" else 0.99

    decoded = Ensemble([several_network], several.tasks, several.kinds)
    verify(several_exported[0], decoded, several)
    tampered = _tampered(several_exported[0], node, tmp_path, change)
    with raises(ExportFailed, match=f"decides on the labels of task '{task}' in another way"):
        verify(tampered, decoded, several)
