import csv
import gzip
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet
from pytest import MonkeyPatch, fixture, mark, raises

from automtl.data.dataset import MultiTaskData
from automtl.data.table import Column, ColumnKind
from automtl.deploy.export import ExportReport
from automtl.deploy.predict import Predictor, predict_file
from automtl.deploy.rows import rows
from automtl.errors import DataError, ModelError


@fixture(scope="module")
def predictor(model: Path) -> Predictor:
    return Predictor(model)


@fixture(scope="module")
def columns(data: MultiTaskData) -> dict[str, NDArray[Any]]:
    return {name: column.values for name, column in data.table.items()}


@fixture(scope="module")
def expected(predictor: Predictor, columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return predictor.predict(columns)


def as_text(column: Column) -> list[str]:
    if column.kind.is_strings:
        return [text or "NA" for text in column.values]
    if column.kind == ColumnKind.DATETIME:
        moments = [np.datetime64(round(v * 1e6), "us") if v == v else "" for v in column.values]
        return [str(moment) for moment in moments]
    words = {0.0: "no", 1.0: "Yes"} if column.kind == ColumnKind.BOOLEAN else {}
    return ["?" if np.isnan(v) else words.get(v, repr(float(v))) for v in column.values]


@fixture(scope="module")
def cells(data: MultiTaskData) -> dict[str, list[str]]:
    """The table as text; the columns in another order, and one more."""
    texts = {name: as_text(column) for name, column in data.table.items()}
    return {"more": ["x"] * len(next(iter(texts.values()))), **dict(reversed(texts.items()))}


def write_csv(path: Path, cells: dict[str, list[str]]) -> Path:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerows([list(cells), *zip(*cells.values(), strict=True)])
    return path


def read_csv(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    return dict(zip(header, map(list, zip(*records, strict=True)), strict=True))


def assert_predictions(path: Path, expected: dict[str, NDArray[Any]]) -> None:
    found = read_csv(path)
    assert list(found) == [
        "sex",
        "sex_probability_fe/male",
        "sex_probability_mâle",
        "species",
        "species_probability_Adélie",
        "species_probability_Chin strap",
        "species_probability_Gentoo",
        "mass",
    ]
    for task, n_classes in [("sex", 2), ("species", 3)]:
        probabilities = [v for k, v in found.items() if k.startswith(f"{task}_")]
        assert len(probabilities) == n_classes
        assert found[task] == expected[task].tolist()
        np.testing.assert_allclose(
            np.array(probabilities, float).T, expected[f"{task}_probability"], atol=1e-6
        )
    np.testing.assert_allclose(np.array(found["mass"], float), expected["mass"], rtol=1e-5)


def test_predicts_arrays(expected: dict[str, NDArray[Any]], data: MultiTaskData) -> None:
    assert {name: (v.shape, v.dtype.kind) for name, v in expected.items()} == {
        "sex": ((60,), "O"),
        "sex_probability": ((60, 2), "f"),
        "species": ((60,), "O"),
        "species_probability": ((60, 3), "f"),
        "mass": ((60,), "f"),
    }
    assert set(expected["species"]) == {"Adélie", "Chin strap", "Gentoo"}
    np.testing.assert_allclose(expected["species_probability"].sum(1), 1.0, rtol=1e-6)


def test_rows_do_not_depend_on_each_other(
    predictor: Predictor, columns: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]
) -> None:
    turned = predictor.predict({name: values[::-1] for name, values in columns.items()})
    alone = predictor.predict({name: values[:1] for name, values in columns.items()})
    np.testing.assert_allclose(turned["mass"][::-1], expected["mass"], rtol=1e-5)
    np.testing.assert_allclose(alone["mass"], expected["mass"][:1], rtol=1e-5)


def test_no_rows(predictor: Predictor, columns: dict[str, NDArray[Any]]) -> None:
    found = predictor.predict({name: [] for name in columns})
    assert found["species_probability"].shape == (0, 3)


def test_takes_lists_and_other_columns(
    predictor: Predictor, columns: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]
) -> None:
    lists = {name: values.tolist() for name, values in columns.items()}
    found = predictor.predict({"more": "anything", **lists})
    np.testing.assert_array_equal(found["mass"], expected["mass"])


def test_names_all_missing_columns(predictor: Predictor, columns: dict[str, NDArray[Any]]) -> None:
    others = {name: values for name, values in columns.items() if name != "features"}
    others["length (cm)"] = others.pop("length (mm)")
    with raises(DataError, match=r"'length \(mm\)' \(did you mean 'length \(cm\)'\?\), 'features'"):
        predictor.predict(others)


def test_columns_have_one_length(predictor: Predictor, columns: dict[str, NDArray[Any]]) -> None:
    with raises(DataError, match=r"equally many rows, but they have {.*'features': 2"):
        predictor.predict(columns | {"features": [1.0, 2.0]})


@mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_predicts_text_files(
    name: str,
    model: Path,
    cells: dict[str, list[str]],
    expected: dict[str, NDArray[Any]],
    tmp_path: Path,
    monkeypatch: MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 7)  # several chunks, and a short one at the end
    data, out = write_csv(tmp_path / name, cells), tmp_path / "out.csv"
    notes = predict_file(model, data, out)
    assert_predictions(out, expected)
    assert notes == ["columns that the model does not use are ignored: more"]
    assert {path.name for path in tmp_path.iterdir()} == {name, "out.csv"}


def test_predicts_parquet_files(
    model: Path,
    data: MultiTaskData,
    expected: dict[str, NDArray[Any]],
    tmp_path: Path,
) -> None:
    def typed(column: Column) -> pa.Array:
        if column.kind == ColumnKind.DATETIME:
            known = np.where(np.isnan(column.values), 0, np.round(column.values * 1e6))
            array = pa.array(known.astype(np.int64), mask=np.isnan(column.values))
            return array.cast(pa.timestamp("us", "UTC"))
        array = pa.array(column.values, from_pandas=True)
        return array.cast(pa.bool_()) if column.kind == ColumnKind.BOOLEAN else array

    table = pa.table({name: typed(column) for name, column in data.table.items()})
    parquet.write_table(table, tmp_path / "t.parquet")
    assert predict_file(model, tmp_path / "t.parquet", tmp_path / "out.csv") == []
    assert_predictions(tmp_path / "out.csv", expected)


def test_predicts_json_lines_to_parquet(
    model: Path, cells: dict[str, list[str]], expected: dict[str, NDArray[Any]], tmp_path: Path
) -> None:
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    told: list[tuple[int, float]] = []
    predict_file(model, path, tmp_path / "out.parquet", lambda *now: told.append(now))
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table["species"].to_pylist() == expected["species"].tolist()
    np.testing.assert_allclose(table["mass"].to_numpy(), expected["mass"], rtol=1e-5)
    assert told == [(60, 1.0)]


def test_memory_does_not_grow_with_the_rows(
    model: Path, cells: dict[str, list[str]], tmp_path: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "TEXT_CHUNK", 60)
    peaks = []
    for times in (10, 60):
        data = write_csv(tmp_path / "t.csv", {name: texts * times for name, texts in cells.items()})
        tracemalloc.start()
        predict_file(model, data, tmp_path / "out.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_the_name_says_the_format(model: Path, cells: dict[str, list[str]], tmp_path: Path) -> None:
    data = write_csv(tmp_path / "t.csv", cells)
    with raises(DataError, match=r"out.xlsx: predictions are written to .* .csv, .parquet, .pq"):
        predict_file(model, data, tmp_path / "out.xlsx")


def test_numbers_are_written_with_full_precision(
    model: Path, predictor: Predictor, cells: dict[str, list[str]], tmp_path: Path
) -> None:
    data, out = write_csv(tmp_path / "t.csv", cells), tmp_path / "out.csv"
    predict_file(model, data, out)
    [chunk] = rows.read_chunks(data, predictor.schema.inputs, 1)
    written = np.array(read_csv(out)["mass"], np.float32)
    np.testing.assert_array_equal(written, predictor.predict(chunk.columns)["mass"])


def test_counts_unseen_categories(model: Path, cells: dict[str, list[str]], tmp_path: Path) -> None:
    strange = cells | {"Wetter'é": ["Mars", "Mars", *"abc", *cells["Wetter'é"][5:]]}
    once = cells | {"Wetter'é": ["Mars", *cells["Wetter'é"][1:]]}
    notes = [
        predict_file(model, write_csv(tmp_path / "t.csv", some), tmp_path / "out.csv")[-1]
        for some in (strange, once)
    ]
    assert notes[0].startswith("Wetter'é: 5 rows have a category not seen in training")
    assert "('Mars', 'a', 'b', …); they are treated as unknown" in notes[0]
    assert notes[1].startswith("Wetter'é: 1 row has a category")


def change(cells: dict[str, list[str]], name: str, row: int, text: str) -> dict[str, list[str]]:
    return cells | {name: [*cells[name][:row], text, *cells[name][row + 1 :]]}


@mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: change(c, "features", 3, "1,5"), "t.csv:5: column 'features': must be a number"),
        (lambda c: change(c, "automtl/0/Sub", 0, "maybe"), "t.csv:2: column 'automtl/0/Sub': must"),
        (lambda c: change(c, "measured.at", 59, "now"), "t.csv:61: column 'measured.at': must be"),
        (lambda c: {n: v for n, v in c.items() if "a" not in n}, "'features' .*'measured.at'"),
        (lambda c: {n: [] for n in c}, "t.csv: must have rows, but has none"),
    ],
)
def test_a_wrong_file_leaves_the_old_predictions(
    edit: Callable[[dict[str, list[str]]], dict[str, list[str]]],
    message: str,
    model: Path,
    cells: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 7)
    data, out = write_csv(tmp_path / "t.csv", edit(cells)), tmp_path / "out.csv"
    out.write_text("old")
    with raises(DataError, match=message):
        predict_file(model, data, out)
    assert out.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "out.csv"}


def test_does_not_replace_what_it_reads(
    model: Path, cells: dict[str, list[str]], tmp_path: Path
) -> None:
    data = write_csv(tmp_path / "t.csv", cells)
    for out in (tmp_path / "x" / ".." / "t.csv", model):
        with raises(DataError, match="would replace what they are made from"):
            predict_file(model, data, out)


@mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "is not an ONNX file that onnxruntime loads"),
        (b"x,y\n1,2\n", "is not an ONNX file that onnxruntime loads"),
    ],
)
def test_refuses_what_is_no_model(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "best.onnx"
    if content is not None:
        path.write_bytes(content)
    with raises(ModelError, match=message):
        Predictor(path)
    with raises(ModelError, match="is a folder"):
        Predictor(tmp_path)


@mark.parametrize("schema", [None, "{}", "what?"])
def test_refuses_models_of_others(schema: str | None, model: Path, tmp_path: Path) -> None:
    other = onnx.load(model)
    del other.metadata_props[:]
    if schema is not None:
        onnx.helper.set_model_props(other, {"automtl.schema": schema})
    onnx.save(other, tmp_path / "other.onnx")
    with raises(ModelError, match="was not exported by automtl"):
        Predictor(tmp_path / "other.onnx")


def test_needs_neither_torch_nor_pandas(
    model: Path, cells: dict[str, list[str]], tmp_path: Path
) -> None:
    data = write_csv(tmp_path / "t.csv", cells)
    script = (
        "import sys; from pathlib import Path; from automtl.deploy.predict import predict_file; "
        "predict_file(*map(Path, sys.argv[1:])); print(*sys.modules)"
    )
    command = [sys.executable, "-c", script, str(model), str(data), str(tmp_path / "out.csv")]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    heavy = {"torch", "pandas", "onnx", "pyarrow", "pydantic", "networkx", "pluggy", "ray"}
    assert "onnxruntime" in loaded
    assert not heavy & set(loaded)


def test_a_file_of_several_columns(
    several: MultiTaskData, several_exported: tuple[Path, ExportReport], tmp_path: Path
) -> None:
    texts = {name: as_text(column) for name, column in several.table.items()}
    predict_file(several_exported[0], write_csv(tmp_path / "x.csv", texts), tmp_path / "y.csv")
    found = read_csv(tmp_path / "y.csv")
    probabilities = [f"{name}_probability" for name in ("sad", "happy", "quiet é")]
    assert list(found) == [
        "sad", "happy", "quiet é", *probabilities,
        "a", "b", "c", "a_probability", "b_probability", "c_probability",
        "x", "y", "relevance",
        "size", "size_probability_S", "size_probability_M", "size_probability_L", "visits",
    ]  # fmt: skip
    columns = {name: column.values for name, column in several.table.items()}
    expected = Predictor(several_exported[0]).predict(columns)
    assert found["sad"] == expected["tags"][:, 0].astype(str).tolist()
    assert set(found["sad"]) == {"0", "1"}
    for at, name in enumerate(probabilities):
        given = np.array(found[name], float)
        np.testing.assert_allclose(given, expected["tags_probability"][:, at], atol=1e-6)
    np.testing.assert_allclose(np.array(found["y"], float), expected["places"][:, 1], rtol=1e-5)
    np.testing.assert_allclose(np.array(found["visits"], float), expected["visits"], rtol=1e-5)
    assert found["size"] == expected["size"].tolist()
