import json
from pathlib import Path

import onnx
from pytest import mark, raises

from automtl.deploy.predict import Predictor
from automtl.errors import DataError, ExportError, ExportFailed, ModelError, RunError
from automtl.exporting import Compression, Wanted, export
from automtl.report.summary import Summary


def metadata(path: Path) -> dict[str, str]:
    return {item.key: item.value for item in onnx.load(path).metadata_props}


def test_nothing_asked_gives_what_the_search_exported(finished: Summary, tmp_path: Path) -> None:
    found = export(finished.folder, tmp_path / "x.onnx", Wanted())
    assert found.path.read_bytes() == (finished.folder / "best.onnx").read_bytes()
    assert found.sizes == (finished.exported.size, finished.exported.size)


def test_a_part_of_a_run_is_the_same_bit_for_bit(finished: Summary, tmp_path: Path) -> None:
    found = export(finished.folder, tmp_path / "x.onnx", Wanted(("sex", "species")))
    assert set(found.differences.items()) == {("species", 0.0), ("sex", 0.0)}
    assert found.rows == finished.n_rows[2]
    assert found.sizes[0] < found.sizes[1] == finished.exported.size
    assert found.sizes[0] == found.path.stat().st_size
    assert min(found.latencies) > 0
    assert json.loads(metadata(found.path)["automtl.metrics"]).keys() == {"sex", "species"}


def test_a_part_of_a_file_needs_no_data_and_is_the_same(finished: Summary, tmp_path: Path) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes((finished.folder / "best.onnx").read_bytes())
    of_file = export(alone, tmp_path / "x.onnx", Wanted(("sex",)))
    of_run = export(finished.folder, tmp_path / "y.onnx", Wanted(("sex",)))
    assert of_file.path.read_bytes() == of_run.path.read_bytes()
    assert of_file.differences == {"sex": 0.0}


def test_made_anew_it_is_the_file_that_the_search_exported(
    finished: Summary, tmp_path: Path
) -> None:
    best = (finished.folder / "best.onnx").read_bytes()
    found = export(finished.folder, tmp_path / "x.onnx", Wanted(opset=20))
    assert found.anew
    assert found.path.read_bytes() == best


def test_a_smaller_part_of_another_candidate(finished: Summary, tmp_path: Path) -> None:
    other = next(row for row in finished.rows if row.anchor == "all-shared")
    wanted = Wanted(("body_mass_g",), other.digest[:6], compression=Compression.FP16)
    found = export(finished.folder, tmp_path / "x.onnx", wanted)
    [change] = found.changes.values()
    about = metadata(found.path)
    assert about["automtl.candidate"] == other.digest
    assert about["automtl.compression"] == "fp16"
    assert json.loads(about["automtl.metrics"])["body_mass_g"]["rmse"] == float(
        f"{change.after:.6g}"
    )
    assert change.metric == "rmse"
    assert change.gain == (change.before - change.after) / change.before
    assert -0.01 <= change.gain < 0.01
    assert [output.task for output in Predictor(found.path).schema.outputs] == ["body_mass_g"]


def test_a_loss_beyond_the_tolerance_is_refused(finished: Summary, tmp_path: Path) -> None:
    wanted = Wanted(compression=Compression.FP16, tolerance=-1.0)  # a gain of 100 % is wanted
    with raises(ExportFailed, match=r"With fp16 task '.*' loses .* than the tolerance of -100 %"):
        export(finished.folder, tmp_path / "x.onnx", wanted)
    assert list(tmp_path.iterdir()) == []


@mark.parametrize(
    ("name", "wanted", "message"),
    [
        ("best.onnx", Wanted(), "of an exported file only --tasks can be had"),
        ("best.onnx", Wanted(("sex",), opset=18), "of an exported file only --tasks can be had"),
        ("nothing", Wanted(("sex",)), "there is no such run folder or file"),
        ("best.onnx", Wanted(("sexes",)), "did you mean 'sex'"),
    ],
)
def test_refuses_what_cannot_be_had(
    name: str, wanted: Wanted, message: str, finished: Summary, tmp_path: Path
) -> None:
    with raises(ExportError, match=message):
        export(finished.folder / name, tmp_path / "x.onnx", wanted)
    assert list(tmp_path.iterdir()) == []


def test_the_model_of_the_search_is_not_replaced(finished: Summary) -> None:
    with raises(ExportError, match="this is what the search exported"):
        export(finished.folder, finished.folder / "best.onnx", Wanted(("sex",)))


def test_a_place_that_cannot_be_written_and_what_is_no_model(
    finished: Summary, tmp_path: Path
) -> None:
    with raises(DataError, match="there is no folder"):
        export(finished.folder, tmp_path / "none" / "x.onnx", Wanted())
    with raises(ModelError):
        export(finished.folder / "best.json", tmp_path / "x.onnx", Wanted(("sex",)))
    with raises(RunError, match="not a run folder"):
        export(tmp_path, tmp_path / "x.onnx", Wanted())
