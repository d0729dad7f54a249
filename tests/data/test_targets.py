from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pytest import fixture, raises

from automtl.core.task import Task
from automtl.data.request import TargetRequest
from automtl.data.source import Source, open_source
from automtl.data.targets import (
    Target,
    check_parts,
    check_rare_classes,
    fit_kind,
    read_target,
)
from automtl.errors import DataError
from automtl.plugins import load_plugins

PLUGINS = load_plugins()
ROWS = np.arange(12)
PARTS = (ROWS[:6], ROWS[6:9], ROWS[9:])


@fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "x\n" * 12)
    return open_source(path, PLUGINS)


def _read(source: Source, labels: Sequence[str | None], **request: str) -> Target:
    raw = pa.table({"a": pa.array(labels, pa.string())})
    return read_target(TargetRequest("a", **request), raw, source, PLUGINS)  # type: ignore[arg-type]


def test_classes_are_labelled_as_written(source: Source) -> None:
    target = _read(source, ["01", " b", None, "NA", "01"])
    assert target.task == Task("a", "binary", ("a",))
    assert target.labels.tolist() == ["01", " b", None, None, "01"]
    assert target.known.tolist() == [True, True, False, False, True]
    assert target.notes == ("a: binary (2 distinct labels)",)


def test_numbers(source: Source) -> None:
    target = _read(source, ["1", None, "2.5"], kind="regression", metric="mae")
    assert target.task == Task("a", "regression", ("a",), metric="mae")
    np.testing.assert_array_equal(target.labels, [1, np.nan, 2.5])
    assert target.notes == ()


def test_infinite_labels_are_noted(source: Source) -> None:
    target = _read(source, ["1", "?", None, "2", "inf", "-inf"], kind="regression")
    assert target.known.sum() == 2
    assert target.notes == ("a: 2 infinite labels count as missing",)


def test_refuses_text_for_regression(source: Source) -> None:
    place = f"^{source.path}, column 'a', line 3: "
    with raises(DataError, match=f"{place}must be a number, but got 'x'.*a regression task"):
        _read(source, ["1", "x", "2"], kind="regression")


def test_refuses_targets_that_do_not_vary(source: Source) -> None:
    with raises(DataError, match="'a': a target must have labels, but all are missing"):
        _read(source, [None, "NA"])
    with raises(DataError, match="must have at least two distinct labels, but all 2 are 'x'"):
        _read(source, ["x", None, "x"])
    with raises(DataError, match=r"must have at least two distinct labels, but all 2 are '1\.0'"):
        _read(source, ["1", "1.0"], kind="regression")


def test_refuses_a_metric_of_another_kind(source: Source) -> None:
    with raises(DataError, match="'a': a binary task has no metric 'rmse'"):
        _read(source, ["x", "y"], metric="rmse")


def test_rare_classes(source: Source) -> None:
    check_rare_classes(_read(source, ["x"] * 3 + ["y"] * 3), source)
    check_rare_classes(_read(source, ["1", "2"], kind="regression"), source)
    with raises(DataError, match=r"at least 3 rows, .* but 'y' has 2, on line 3 and line 5"):
        check_rare_classes(_read(source, ["x", "y", "x", "y", "x"]), source)


def test_parts(source: Source) -> None:
    check_parts(_read(source, ["x", "y"] * 6), PARTS, source)
    late = _read(source, ["x", "y"] * 3 + ["z"] * 6)
    with raises(DataError, match=r"must be in the train part .* but 'z', on line 8, is not"):
        check_parts(late, PARTS, source)
    unlabelled = _read(source, ["x", "y"] * 3 + [None] * 3 + ["x"] * 3)
    with raises(DataError, match="the validation part has none among its 3 rows"):
        check_parts(unlabelled, PARTS, source)


def test_fits_the_kind_to_training_rows(source: Source) -> None:
    target = _read(source, [str(i) for i in range(12)], kind="regression")
    kind = fit_kind(target, ROWS[:3], source)
    assert kind.constant() == 1


def test_a_refusal_of_the_kind_names_the_column(source: Source) -> None:
    target = _read(source, ["x", "y", "z"] * 4, kind="binary")
    with raises(DataError, match=f"^{source.path}, column 'a': A binary task has two classes"):
        fit_kind(target, ROWS, source)
