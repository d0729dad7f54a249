import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import sklearn.metrics as oracle
import torch
from numpy.typing import NDArray
from onnx import TensorProto
from pytest import CaptureFixture, approx, fixture, mark, raises
from torch import Tensor, nn

from automtl.core.labels import chosen
from automtl.core.task import Task
from automtl.data.dataset import MultiTaskData
from automtl.data.table import Column, ColumnKind, Table
from automtl.deploy.export import ExportReport, _write_chosen, export_onnx, schema_of
from automtl.deploy.writer import GraphWriter, batch_of
from automtl.errors import DataError, ExportError, ExportFailed, PluginError
from automtl.train.evaluate import evaluate
from automtl_plugins.task_kinds.regression import Regression


class Wrapped(nn.Module):
    """A network that does something else to its outputs than it seems."""

    def __init__(self, network: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self.change = network, change

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        outputs: dict[str, Tensor] = self.network(inputs)
        return outputs | {"species": self.change(outputs["species"])}


def other_when_exported(outputs: Tensor) -> Tensor:
    return outputs.flip(-1) if torch.compiler.is_exporting() else outputs


def branching_on_values(outputs: Tensor) -> Tensor:
    return outputs if outputs.sum() > 0 else -outputs


@fixture(scope="module")
def raw(data: MultiTaskData) -> dict[str, NDArray[Any]]:
    rows = data.test.rows
    return {name: c.values[rows].reshape(-1, 1) for name, c in data.table.items()}


@fixture(scope="module")
def expected(data: MultiTaskData, network: nn.Module) -> dict[str, NDArray[np.float32]]:
    network.eval()
    with torch.no_grad():
        outputs = network(torch.from_numpy(data.test.inputs))
        pairs = zip(data.tasks, data.kinds, strict=True)
        return {t.name: k.predict(outputs[t.name]).mean(1).numpy() for t, k in pairs}


def test_any_onnxruntime_predicts_what_torch_predicts(
    model: Path, raw: dict[str, NDArray[Any]], expected: dict[str, NDArray[np.float32]]
) -> None:
    session = onnxruntime.InferenceSession(model)
    outputs = [output.name for output in session.get_outputs()]
    found = dict(zip(outputs, session.run(None, raw), strict=True))
    assert outputs == ["sex", "sex_probability", "species", "species_probability", "mass"]
    for task in ("sex", "species"):
        np.testing.assert_allclose(found[f"{task}_probability"], expected[task], atol=1e-6)
    np.testing.assert_allclose(found["mass"], expected["mass"][:, 0], rtol=1e-5)
    names = np.array(["Adélie", "Chin strap", "Gentoo"])
    assert found["species"].tolist() == names[expected["species"].argmax(1)].tolist()


def test_takes_the_raw_columns(model: Path, data: MultiTaskData) -> None:
    inputs = onnxruntime.InferenceSession(model).get_inputs()
    assert [given.name for given in inputs] == list(data.table)
    assert {tuple(given.shape) for given in inputs} == {("batch", 1)}
    assert [given.type for given in inputs] == ["tensor(double)"] * 4 + ["tensor(string)"] * 2


def test_reports_what_was_checked(exported: tuple[Path, ExportReport], data: MultiTaskData) -> None:
    path, report = exported
    assert report.rows == len(data.test.rows)
    assert report.size == path.stat().st_size
    assert set(report.differences) == {"sex", "species", "mass"}
    assert all(0 <= difference < 1e-3 for difference in report.differences.values())
    assert list(path.parent.iterdir()) == [path]


def test_says_what_it_is(model: Path, data: MultiTaskData) -> None:
    metadata = {item.key: item.value for item in onnx.load(model).metadata_props}
    schema = json.loads(metadata["automtl.schema"])
    assert metadata["automtl.digest"] == data.digest
    assert metadata["author"] == "Zoë"
    assert metadata["automtl.version"]
    length = data.table["length (mm)"].values[data.train.rows]
    assert schema["inputs"][0] == {
        "name": "length (mm)",
        "kind": "numeric",
        "range": [np.nanmin(length), np.nanmax(length)],
    }
    assert schema["inputs"][-1] == {"name": "remarks", "kind": "text"}
    assert schema["inputs"][-2]["categories"] == list(data.preprocessing.categories[0].vocabulary)
    assert schema["outputs"][0] == {
        "task": "sex",
        "kind": "binary",
        "name": "sex",
        "probability": "sex_probability",
        "classes": ["fe/male", "mâle"],
    }
    assert schema["outputs"][2] == {"task": "mass", "kind": "regression", "name": "mass"}


def test_uses_standard_operators_alone(model: Path) -> None:
    imports = {item.domain: item.version for item in onnx.load(model).opset_import}
    assert imports == {"": 20, "ai.onnx.ml": 4}


def test_tells_nothing_of_the_source_it_was_made_from(model: Path) -> None:
    content = model.read_bytes()
    assert b".py" not in content
    assert str(Path.cwd()).encode() not in content


def test_same_arguments_give_same_bytes_in_silence(
    exported: tuple[Path, ExportReport],
    data: MultiTaskData,
    network: nn.Module,
    tmp_path: Path,
    capfd: CaptureFixture[str],
) -> None:
    network.train()
    path = tmp_path / "again.onnx"
    report = export_onnx(network, data, path, {"author": "Zoë", "automtl.digest": data.digest})
    assert path.read_bytes() == exported[0].read_bytes()
    assert report == exported[1]
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("torch.onnx").isEnabledFor(logging.WARNING)
    assert network.training


def test_one_member_and_numbers_alone(
    make_data: Callable[[Table], MultiTaskData],
    make_network: Callable[[MultiTaskData, int], nn.Module],
    tmp_path: Path,
) -> None:
    table = {"x": Column(ColumnKind.NUMERIC, np.random.default_rng(0).normal(size=9))}
    data = make_data(table)
    report = export_onnx(make_network(data, 1), data, tmp_path / "x.onnx", {})
    assert report.rows == 5


def test_a_file_that_disagrees_is_not_kept(
    data: MultiTaskData, network: nn.Module, tmp_path: Path
) -> None:
    path = tmp_path / "best.onnx"
    path.write_text("the one before")
    with raises(ExportFailed, match=r"on task 'species' by up to 0.* at batch size 30"):
        export_onnx(Wrapped(network, other_when_exported), data, path, {})
    assert path.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_network_that_does_not_trace_is_refused(
    data: MultiTaskData, network: nn.Module, tmp_path: Path, capfd: CaptureFixture[str]
) -> None:
    with raises(ExportFailed, match=r"^The network cannot be written as ONNX: .*data-dependent.*$"):
        export_onnx(Wrapped(network, branching_on_values), data, tmp_path / "x.onnx", {})
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@mark.parametrize("name", ["sex_probability", "mass"])
def test_refuses_a_column_called_like_an_output(
    name: str, make_data: Callable[[Table], MultiTaskData]
) -> None:
    table = {name: Column(ColumnKind.NUMERIC, np.arange(12.0))}
    with raises(DataError, match=f"'{name}' would be both an input column and an output of"):
        schema_of(make_data(table))


def test_refuses_a_column_without_a_name(make_data: Callable[[Table], MultiTaskData]) -> None:
    with raises(DataError, match="A column has no name"):
        schema_of(make_data({"": Column(ColumnKind.NUMERIC, np.arange(12.0))}))


@mark.parametrize("other", ["sex_probability", "sex_probability_mâle"])
def test_refuses_tasks_whose_outputs_have_one_name(data: MultiTaskData, other: str) -> None:
    tasks = (data.tasks[0], data.tasks[1], Task(other, "regression", (other,)))
    with raises(DataError, match=f"'{other}' would be both an output of the task 'sex' and"):
        schema_of(replace(data, tasks=tasks))


def test_refuses_a_kind_that_predicts_several_values(data: MultiTaskData) -> None:
    class Interval(Regression):
        def constant(self) -> NDArray[np.float64]:
            return np.array([0.0, 1.0])

    kinds = (*data.kinds[:2], Interval(0.0, 1.0))
    with raises(PluginError, match="of task 'mass' must predict 1, but predicts 2"):
        schema_of(replace(data, kinds=kinds))


@fixture(scope="module")
def several_found(
    several: MultiTaskData, several_exported: tuple[Path, ExportReport]
) -> dict[str, NDArray[Any]]:
    """What onnxruntime gives for the test part."""
    session = onnxruntime.InferenceSession(several_exported[0])
    rows = several.test.rows
    raw = {name: c.values[rows].reshape(-1, 1) for name, c in several.table.items()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, raw), strict=True))


@fixture(scope="module")
def several_expected(
    several: MultiTaskData, several_network: nn.Module
) -> dict[str, NDArray[np.float32]]:
    several_network.eval()
    with torch.no_grad():
        outputs = several_network(torch.from_numpy(np.asarray(several.test.inputs)))
    pairs = zip(several.tasks, several.kinds, strict=True)
    return {t.name: k.predict(outputs[t.name]).mean(1).numpy() for t, k in pairs}


def test_every_kind_agrees_with_torch(
    several_found: dict[str, NDArray[Any]],
    several_expected: dict[str, NDArray[np.float32]],
    several_exported: tuple[Path, ExportReport],
) -> None:
    assert list(several_found) == [
        "tags", "tags_probability", "moods", "moods_probability", "places", "relevance",
        "size", "size_probability", "visits",
    ]  # fmt: skip
    for task, expected in several_expected.items():
        found = several_found.get(f"{task}_probability", several_found[task])
        np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-5)
    assert set(several_exported[1].differences) == set(several_expected)


def test_a_set_of_labels_is_decided_by_its_thresholds(
    several_found: dict[str, NDArray[Any]],
) -> None:
    labels, probabilities = several_found["tags"], several_found["tags_probability"]
    assert labels.dtype == np.int64
    assert labels.shape == probabilities.shape == (30, 3)
    np.testing.assert_array_equal(labels, probabilities >= [0.6, 0.7, 2.0])
    assert 0 < labels[:, 0].sum() < 30
    assert labels[:, 2].sum() == 0  # this threshold is above all probabilities


def test_the_most_probable_labels_are_decided_on_in_any_case(
    several_found: dict[str, NDArray[Any]], several: MultiTaskData
) -> None:
    labels, probabilities = several_found["moods"], several_found["moods_probability"]
    assert (labels.sum(1) >= 2).all()
    np.testing.assert_array_equal(labels, several.kinds[1].decide(probabilities.astype(float)))


def test_values_are_in_their_own_units_and_levels_in_words(
    several_found: dict[str, NDArray[Any]], several: MultiTaskData
) -> None:
    assert several_found["places"].shape == (30, 2)
    assert several_found["relevance"].shape == several_found["visits"].shape == (30,)
    assert (several_found["visits"] > 0).all()


def test_levels_are_decided_as_by_the_kind_and_its_metrics(
    several_found: dict[str, NDArray[Any]],
    several_expected: dict[str, NDArray[np.float32]],
    several: MultiTaskData,
) -> None:
    kind, levels = several.kinds[4], ["S", "M", "L"]
    found = np.array([levels.index(label) for label in several_found["size"]])
    probabilities = several_found["size_probability"].astype(np.float64)
    np.testing.assert_array_equal(kind.decide(probabilities), np.eye(3)[found])
    assert (found != probabilities.argmax(1)).any()
    wanted = several.test.targets[:, several.test.targets.shape[1] - 2].astype(np.float64)
    given = {"size": several_expected["size"].astype(np.float64)}
    scores = evaluate(given, several.tasks[4:5], [kind], wanted[:, None])["size"]
    assert scores["accuracy"] == approx(oracle.accuracy_score(wanted, found))
    assert scores["balanced_accuracy"] == approx(oracle.balanced_accuracy_score(wanted, found))
    assert scores["macro_f1"] == approx(oracle.f1_score(wanted, found, average="macro"))
    assert scores["mae"] == approx(oracle.mean_absolute_error(wanted, found))
    kappa = oracle.cohen_kappa_score(wanted, found, weights="quadratic")
    assert scores["quadratic_kappa"] == approx(kappa)


@mark.parametrize("opset", [17, 20, 23])
def test_a_tie_of_levels_is_decided_as_in_numpy(opset: int) -> None:
    rng = np.random.default_rng(0)
    third = np.float32(1 / 3)
    given = rng.dirichlet(np.full(4, 0.5), size=4000).astype(np.float32)
    given[:1000] = rng.multinomial(4, np.full(4, 0.25), size=1000) / 4  # exact halves
    given[1000:2000] = rng.permuted(np.tile([third, 0.5 - third, 0.25, 0.25], (1000, 1)), axis=1)
    writer = GraphWriter(["given", "level"], opset)
    best = _write_chosen("given", True, writer)
    writer.node("Identity", best, output="level")
    infos = (batch_of("given", TensorProto.FLOAT, 4), batch_of("level", TensorProto.INT64))
    model = writer.model(infos[:1], infos[1:], {})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    [found] = session.run(None, {"given": given})
    np.testing.assert_array_equal(found, chosen(given, ordered=True))
    np.testing.assert_array_equal(found, chosen(given.astype(np.float64), ordered=True))


def test_the_schema_names_the_members(several: MultiTaskData) -> None:
    outputs = {output.task: output for output in schema_of(several).outputs}
    assert outputs["tags"].members == ("sad", "happy", "quiet é")
    assert outputs["places"].members == ("x", "y")
    assert outputs["places"].probability is None
    assert outputs["size"].classes == ("S", "M", "L")
    assert outputs["relevance"].members == outputs["relevance"].classes == ()


def test_refuses_a_member_called_like_another_column_of_predictions(
    several: MultiTaskData,
) -> None:
    visits = several.tasks[-1]
    tasks = (*several.tasks[:-1], replace(visits, name="sad_probability"))
    with raises(DataError, match="'sad_probability' would be both an output of the task 'tags' an"):
        schema_of(replace(several, tasks=tasks))


@mark.parametrize("opset", [17, 18, 23])
def test_other_opsets(
    opset: int, without_text: MultiTaskData, make_network: Callable[..., nn.Module], tmp_path: Path
) -> None:
    path = tmp_path / "x.onnx"
    report = export_onnx(make_network(without_text, 2), without_text, path, {}, opset)
    assert report.rows == 30
    limits = {"places": 1e-3}  # values of about 900, where neighbours are 1e-4 apart
    assert all(found < limits.get(task, 1e-4) for task, found in report.differences.items())
    imports = {item.domain: item.version for item in onnx.load(path).opset_import}
    assert imports == {"": opset, "ai.onnx.ml": 3 if opset < 20 else 4}


@mark.parametrize(
    ("opset", "message"), [(16, "is one of 17 to 23, but is 16"), (24, "24"), (19, "'remarks'")]
)
def test_opsets_that_there_are_not(
    opset: int, message: str, data: MultiTaskData, network: nn.Module, tmp_path: Path
) -> None:
    with raises(ExportError, match=message):
        export_onnx(network, data, tmp_path / "x.onnx", {}, opset)
    assert list(tmp_path.iterdir()) == []


def test_each_input_and_output_says_what_it_is(model: Path) -> None:
    graph = onnx.load(model).graph
    said = {info.name: info.doc_string for info in [*graph.input, *graph.output]}
    assert all(said.values())
    assert "seconds since 1970" in said["measured.at"]
    assert said["mass"] == "task mass: the value, in the labels' own units"


def test_says_what_wrote_it(model: Path) -> None:
    metadata = {item.key: item.value for item in onnx.load(model).metadata_props}
    assert metadata["automtl.torch"] == torch.__version__
    assert metadata["automtl.onnx"] == onnx.__version__
