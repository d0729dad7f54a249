from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from numpy.testing import assert_array_equal
from onnx import numpy_helper

from automtl.data.dataset import MultiTaskData
from automtl.data.table import ColumnKind
from automtl.deploy.compare import columns_of_test, differences, made_up, predictions
from automtl.deploy.predict import Predictor
from automtl.deploy.schema import Input, Schema


def test_a_file_predicts_what_it_predicts(model: Path, data: MultiTaskData) -> None:
    assert differences(model, model, columns_of_test(data)) == {"sex": 0, "species": 0, "mass": 0}


def test_another_weight_is_a_difference(model: Path, data: MultiTaskData, tmp_path: Path) -> None:
    other, path = onnx.load(model), tmp_path / "other.onnx"
    weight = next(c for c in other.graph.initializer if "body" in c.name)
    values = numpy_helper.to_array(weight) + 0.1
    weight.CopyFrom(numpy_helper.from_array(values.astype(np.float32), weight.name))
    onnx.save(other, path)
    found = differences(path, model, columns_of_test(data))
    assert all(1e-4 < difference < np.inf for difference in found.values())


def test_other_labels_for_the_same_probabilities_are_infinitely_different(
    model: Path, data: MultiTaskData, tmp_path: Path
) -> None:
    other, path = onnx.load(model), tmp_path / "other.onnx"
    [encoder] = [node for node in other.graph.node if "sex" in node.output]
    labels = next(a for a in encoder.attribute if a.name == "values_strings")
    labels.strings[:] = reversed(labels.strings)
    onnx.save(other, path)
    found = differences(path, model, columns_of_test(data))
    assert found == {"sex": np.inf, "species": 0, "mass": 0}


def test_predictions_are_those_of_the_file(model: Path, data: MultiTaskData) -> None:
    found = predictions(model, columns_of_test(data))
    raw = Predictor(model).predict(columns_of_test(data))
    assert {task: values.shape for task, values in found.items()} == {
        "sex": (30, 2), "species": (30, 3), "mass": (30, 1),
    }  # fmt: skip
    assert_array_equal(found["mass"][:, 0], raw["mass"])
    assert_array_equal(found["species"], raw["species_probability"])


def test_rows_that_are_made_up_are_of_their_columns(model: Path) -> None:
    schema = Predictor(model).schema
    rows = made_up(schema, 500)
    for name, values in made_up(schema, 500).items():
        assert_array_equal(values, rows[name])
    for column in schema.inputs:
        values = rows[column.name]
        if column.kind is ColumnKind.CATEGORICAL:
            assert {"", *column.categories} < set(values)
        elif column.range is not None:
            assert np.isnan(values).any()
            assert column.range[0] <= np.nanmin(values) < np.nanmax(values) <= column.range[1]
    assert set(Predictor(model).predict(rows)) >= {"sex", "species", "mass"}


def test_a_column_of_unknown_range_is_made_up_too() -> None:
    column = Input("x", ColumnKind.NUMERIC)
    values = made_up(Schema((replace(column),), ()), 100)["x"]
    assert np.nanmax(np.abs(values)) <= 1
